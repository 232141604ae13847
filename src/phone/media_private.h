/* phone/media_private.h - what media.c, media_codecs.c, media_desk_do.c and media_secure.c share:
 * the signalling thread's side. */
#ifndef PHONE_MEDIA_PRIVATE_H
#define PHONE_MEDIA_PRIVATE_H

#include "phone/media_thread.h"

struct media {
    media_event_fn *on_event;
    void *arg;
    void (*on_closed)(void *arg);
    char *cname, *device;
    int opus_complexity;
    const struct net_spawner *helper;
    bool unattended;
    struct media_gains gains;
    struct media_voice_modes modes;
    struct rng rng;
    struct media_link inbox;     /* of struct media_message, on the signalling loop */
    struct media_thread *thread; /* NULL before the first stream */
    size_t n_streams;
    size_t left;          /* more that there could be beside the last one opened */
    bool levels;          /* are wanted */
    bool preparing;       /* preparer runs, or has run */
    uv_thread_t preparer; /* wakes up what encrypts */
    bool loading;         /* loader runs, or has run */
    uv_thread_t loader;   /* of the libraries of codecs */
    bool told_missing;    /* that one of them is not there */
    bool closing;
};

/* 0 or a negative errno. */
int media_start_thread(struct media *media);

/* media_secure.c: waits for what media_expect_keys began. */
void media_keys_prepared(struct media *media);

/* media_codecs.c: waits for what media_expect_codec began. */
void media_codecs_loaded(struct media *media);

#endif
