/* ui/screen/trace_file.h - SIP messages as files: text for people, pcap for other tools.
 *
 * The pcap has raw IP packets with UDP, whatever transport carried the messages (those of TCP and
 * TLS are whole and readable in it): LINKTYPE_RAW of pcap 2.4. An address that is not known is the
 * unspecified one. What is secret is masked already (phone/mask.h). */
#ifndef UI_SCREEN_TRACE_FILE_H
#define UI_SCREEN_TRACE_FILE_H

#include "ui/screen/traced.h"

void trace_put_text(struct buf *out, const struct traced *t);
/* Once, at the beginning. */
void trace_put_pcap_head(struct buf *out);
/* Of a message that is too long for a packet the end is missing. */
void trace_put_pcap(struct buf *out, const struct traced *t);

/* Makes a file that nobody else can read; one that is there and empty may stay. 0, or an error of
 * open; -EEXIST: something is there already. */
int trace_file_open(const char *path, int *fd);
/* The same in a folder that is open. */
int trace_file_open_in(int folder, const char *name, int *fd);
/* Writes it and closes it, and waits for the disk: for workers. 0, or an error of write, and the
 * file is empty. */
int trace_file_write(int fd, struct slice content);

#endif
