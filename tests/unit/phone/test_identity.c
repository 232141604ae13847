/* The certificate of an installation: kept where it can be, for us alone, and else not trusted. */
#include "phone/identity.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

static char folder[TEMPORARY_MAX] = "/tmp/tphone-identity-XXXXXX";
static char path[96], beside[96];

/* Its fingerprint, which is that of the certificate. */
static struct fingerprint open_one(const char *where)
{
    const struct rtp_dtls_identity *dtls = NULL;
    struct identity *identity = NULL;
    struct fingerprint fingerprint;
    int err;

    assert_int_equal(identity_open(where, &identity), 0);
    fingerprint = *identity_fingerprint(identity);
    identity_wake(identity);
    identity_wake(identity);
    while ((err = identity_get(identity, &dtls)) == -EAGAIN)
        usleep(1000);
    assert_int_equal(err, 0);
    assert_true(fingerprint_eq(rtp_dtls_identity_fingerprint(dtls), &fingerprint));
    assert_true(identity_free(identity, 1000));
    return fingerprint;
}

static bool same(struct fingerprint a, struct fingerprint b)
{
    return fingerprint_eq(&a, &b);
}

static void it_is_kept_for_us_alone(void **state)
{
    struct fingerprint first = open_one(path);
    struct stat st;

    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(same(first, open_one(path)));
}

static void one_that_others_may_read_is_not_used(void **state)
{
    struct fingerprint kept = open_one(path);

    (void)state;
    assert_int_equal(chmod(path, 0640), 0);
    assert_false(same(kept, open_one(path)));
    assert_int_equal(chmod(path, 0600), 0);
    assert_true(same(kept, open_one(path)));
}

static void a_link_is_not_followed(void **state)
{
    (void)state;
    assert_int_equal(symlink(path, beside), 0);
    assert_false(same(open_one(path), open_one(beside)));
    assert_int_equal(unlink(beside), 0);
}

static void rubbish_is_left_alone(void **state)
{
    FILE *file = fopen(beside, "w");
    struct stat st;

    (void)state;
    assert_non_null(file);
    fputs("not a key\n", file);
    fclose(file);
    assert_int_equal(chmod(beside, 0600), 0);
    assert_false(same(open_one(beside), open_one(beside)));
    assert_int_equal(stat(beside, &st), 0);
    assert_int_equal(st.st_size, 10);
    assert_int_equal(unlink(beside), 0);
}

/* What the file says of itself is held against it when the certificate is read; what is promised
 * from then on is promised with another one, and that one is there. */
static void a_fingerprint_that_is_not_its_own(void **state)
{
    const struct rtp_dtls_identity *dtls = NULL;
    struct identity *identity = NULL;
    struct fingerprint said;
    FILE *file;
    int err;

    (void)state;
    (void)open_one(path);
    file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, sizeof "fingerprint: sha-256 " - 1, SEEK_SET), 0);
    fputs("00:00:00:00:00:00:00", file);
    fclose(file);
    assert_int_equal(identity_open(path, &identity), 0);
    assert_int_equal(identity_get(identity, &dtls), -EAGAIN);
    identity_wake(identity);
    while ((err = identity_get(identity, &dtls)) == -EAGAIN)
        usleep(1000);
    assert_int_equal(err, -EBADMSG);
    said = *identity_fingerprint(identity);
    assert_int_equal(identity_mend(identity), 0);
    assert_int_equal(identity_mend(identity), 0);
    assert_int_equal(identity_get(identity, &dtls), 0);
    assert_false(same(said, *identity_fingerprint(identity)));
    assert_true(same(*rtp_dtls_identity_fingerprint(dtls), *identity_fingerprint(identity)));
    identity_free(identity, 1000);
    assert_int_equal(unlink(path), 0);
}

/* --- made by a thread ----------------------------------------------------------------------- */

static pthread_t main_thread;
static atomic_bool disk_hangs;

/* In place of that of the C library: a disk that does not answer, but to the first thread. */
int fsync(int fd)
{
    while (atomic_load(&disk_hangs) && !pthread_equal(pthread_self(), main_thread))
        usleep(1000);
    return (int)syscall(SYS_fsync, fd);
}

static void await_file(void)
{
    while (access(path, F_OK) != 0)
        usleep(1000);
}

/* Nobody waits for it who is about to promise one, nor for long who is about to end. */
static void a_disk_that_hangs(void **state)
{
    const struct rtp_dtls_identity *dtls;
    struct identity *identity;

    (void)state;
    unlink(path);
    atomic_store(&disk_hangs, true);
    assert_int_equal(identity_prepare(path, &identity), 0);
    assert_int_equal(identity_mend(identity), 0);
    assert_int_equal(identity_get(identity, &dtls), 0);
    assert_true(same(*identity_fingerprint(identity), *rtp_dtls_identity_fingerprint(dtls)));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_false(identity_free(identity, 100));
    atomic_store(&disk_hangs, false);
    await_file();
    assert_int_equal(unlink(path), 0);
}

/* What was promised is not taken back when another phone's is the one that is kept. */
static void another_phone_is_quicker(void **state)
{
    const struct rtp_dtls_identity *dtls;
    struct fingerprint promised, kept;
    struct identity *identity;

    (void)state;
    atomic_store(&disk_hangs, true);
    assert_int_equal(identity_prepare(path, &identity), 0);
    assert_int_equal(identity_mend(identity), 0);
    promised = *identity_fingerprint(identity);
    kept = open_one(path);
    assert_false(same(promised, kept));
    atomic_store(&disk_hangs, false);
    usleep(20000);
    assert_true(same(promised, *identity_fingerprint(identity)));
    assert_int_equal(identity_get(identity, &dtls), 0);
    assert_true(same(promised, *rtp_dtls_identity_fingerprint(dtls)));
    identity_free(identity, 1000);
    assert_true(same(kept, open_one(path)));
    assert_int_equal(unlink(path), 0);
}

/* Ready ones are read, all others made by a thread; nobody sees half of one. */
static void one_that_is_made_meanwhile(void **state)
{
    const struct rtp_dtls_identity *dtls;
    struct identity *first, *second;
    struct fingerprint one, other;

    (void)state;
    unlink(path);
    assert_int_equal(identity_prepare(path, &first), 0);
    assert_int_equal(identity_mend(first), 0);
    await_file();
    assert_int_equal(identity_prepare(path, &second), 0);
    assert_int_equal(identity_mend(second), 0);
    one = *identity_fingerprint(first);
    other = *identity_fingerprint(second);
    assert_true(same(one, other));
    assert_true(same(one, open_one(path)));
    identity_wake(first);
    identity_wake(second);
    identity_free(second, 1000); /* whatever it is doing */
    while (identity_get(first, &dtls) == -EAGAIN)
        usleep(1000);
    assert_true(same(one, *rtp_dtls_identity_fingerprint(dtls)));
    identity_free(first, 1000);
    assert_int_equal(identity_prepare(path, &first), 0);
    assert_int_equal(identity_get(first, &dtls), -EAGAIN); /* not read before it is needed */
    identity_free(first, 1000);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(identity_prepare(path, &first), 0);
    identity_wake(first); /* before it has been made */
    assert_int_equal(identity_get(first, &dtls), 0);
    await_file();
    identity_free(first, 1000);
}

static void nowhere_to_keep_it(void **state)
{
    (void)state;
    assert_false(same(open_one(NULL), open_one(NULL)));
    assert_false(same(open_one("/proc/no/such/folder"), open_one("/proc/no/such/folder")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_kept_for_us_alone),
        cmocka_unit_test(one_that_others_may_read_is_not_used),
        cmocka_unit_test(a_link_is_not_followed),
        cmocka_unit_test(rubbish_is_left_alone),
        cmocka_unit_test(a_fingerprint_that_is_not_its_own),
        cmocka_unit_test(a_disk_that_hangs),
        cmocka_unit_test(another_phone_is_quicker),
        cmocka_unit_test(one_that_is_made_meanwhile),
        cmocka_unit_test(nowhere_to_keep_it),
    };
    int failed;

    main_thread = pthread_self();
    if (!temporary_folder(folder))
        return 1;
    snprintf(path, sizeof path, "%s/state/dtls.pem", folder);
    snprintf(beside, sizeof beside, "%s/beside.pem", folder);
    failed = cmocka_run_group_tests_name("phone/identity", tests, NULL, NULL);
    unlink(path);
    snprintf(path, sizeof path, "%s/state", folder);
    rmdir(path);
    rmdir(folder);
    return failed;
}
