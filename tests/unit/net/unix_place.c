#include "tests/unit/net/unix_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void unix_place_init(struct unix_place *place)
{
    *place = (struct unix_place){.folder = "/tmp/test-unix-XXXXXX"};
    assert_non_null(temporary_folder(place->folder));
    snprintf(place->path, sizeof place->path, "%s/control", place->folder);
    assert_int_equal(net_loop_new(&place->loop), 0);
}

void unix_place_free(struct unix_place *place)
{
    net_unix_listener_free(place->listener);
    net_loop_free(place->loop);
    assert_int_equal(rmdir(place->folder), 0);
}

int unix_place_squat(const struct unix_place *place)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(at.sun_path, place->path, sizeof place->path);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}
