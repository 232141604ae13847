#include "base/log.h"

#include <stddef.h>
#include <stdio.h>

/* The log is one of the two places where a global may be: see doc/style.md. */
static struct {
    log_sink *sink;
    void *arg;
    enum log_level level;
} log_to;

void log_set(log_sink *sink, void *arg, enum log_level level)
{
    log_to.sink = sink;
    log_to.arg = arg;
    log_to.level = level;
}

static void log_line(enum log_level level, const char *module, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void log_line(enum log_level level, const char *module, const char *format, va_list args)
{
    char line[1024];

    if (!log_to.sink || level > log_to.level)
        return;
    vsnprintf(line, sizeof line, format, args);
    log_to.sink(log_to.arg, level, module, line);
}

/* clang-format off */
#define LOG_FUNCTION(name, level)                                                                  \
    void name(const char *module, const char *format, ...)                                         \
    {                                                                                              \
        va_list args;                                                                              \
                                                                                                   \
        va_start(args, format);                                                                    \
        log_line(level, module, format, args);                                                     \
        va_end(args);                                                                              \
    }

LOG_FUNCTION(log_error, LOG_ERROR)
LOG_FUNCTION(log_warn, LOG_WARN)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)
