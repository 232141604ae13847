/* base/log.h - one line for a person or a file, by level and module.
 *
 * The sink is given by main; before that, and in tests, nothing is written. Text from the network
 * goes in only through text_safe (base/text.h). Any thread may log; the sink must bear that. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* module: "sip", "media" …; line: without a newline, good until the sink returns. */
typedef void log_sink(void *arg, enum log_level level, const char *module, const char *line);

/* Lines above level are dropped unformatted. sink NULL: nothing is written. Call at start only. */
void log_set(log_sink *sink, void *arg, enum log_level level);

void log_error(const char *module, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warn(const char *module, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(const char *module, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const char *module, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
