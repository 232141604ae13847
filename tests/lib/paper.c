#include "tests/lib/paper.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/slice.h"
#include "tests/lib/temporary.h"

#define MAX_FILES 64

static char folder[64];
static char files[MAX_FILES][160];
static size_t n_files;

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "paper: cannot %s\n", what);
    abort();
}

const char *paper_folder(void)
{
    if (!folder[0]) {
        strcpy(folder, "/tmp/tphone-paper-XXXXXX");
        need(temporary_folder(folder), "make a folder");
    }
    return folder;
}

const char *paper_path(const char *name, const char *ending)
{
    static char paths[8][160];
    static size_t next;
    char *path = paths[next++ % ARRAY_LEN(paths)];

    snprintf(path, sizeof paths[0], "%s/%s.%s", paper_folder(), name, ending);
    return path;
}

static FILE *open_new(const char *name, const char *ending)
{
    const char *path = paper_path(name, ending);
    FILE *file = fopen(path, "w");

    need(file && n_files < MAX_FILES, "write a file");
    snprintf(files[n_files++], sizeof files[0], "%s", path);
    return file;
}

static X509 *read_certificate(const char *name)
{
    FILE *file = fopen(paper_path(name, "pem"), "r");
    X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

    need(certificate, "read a certificate");
    fclose(file);
    return certificate;
}

static EVP_PKEY *read_key(const char *name)
{
    FILE *file = fopen(paper_path(name, "key"), "r");
    EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

    need(key, "read a key");
    fclose(file);
    return key;
}

static void add_extension(X509 *certificate, int what, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, what, value);
    need(extension && X509_add_ext(certificate, extension, -1), "add an extension");
    X509_EXTENSION_free(extension);
}

/* What is no UTF-8 goes in as T61String, in which any bytes may stand: OpenSSL neither writes nor
 * reads names that say that they are UTF-8 and are not. */
static void put_common_name(X509_NAME *name, const unsigned char *cn)
{
    need(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, cn, -1, -1, 0) ||
             X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_T61STRING, cn, -1, -1, 0),
         "name a certificate");
}

static X509 *fill(const struct paper *paper, EVP_PKEY *key, const X509_NAME *issuer)
{
    static long serial = 1000;
    X509 *c = X509_new();
    X509_NAME *name = X509_get_subject_name(c);
    const char *cn = paper->common_name ? paper->common_name : paper->name;
    bool usual = !paper->from_days && !paper->to_days;

    X509_set_version(c, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(c), ++serial);
    X509_time_adj_ex(X509_getm_notBefore(c), usual ? -1 : paper->from_days, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(c), usual ? 30 : paper->to_days, 0, NULL);
    X509_set_pubkey(c, key);
    put_common_name(name, (const unsigned char *)cn);
    X509_set_issuer_name(c, issuer ? issuer : name);
    add_extension(c, NID_basic_constraints, paper->is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (paper->alternatives)
        add_extension(c, NID_subject_alt_name, paper->alternatives);
    return c;
}

void paper_make(const struct paper *paper)
{
    EVP_PKEY *key = EVP_EC_gen("P-256"), *by = paper->issuer ? read_key(paper->issuer) : NULL;
    X509 *issuer = paper->issuer ? read_certificate(paper->issuer) : NULL;
    X509 *certificate = fill(paper, key, issuer ? X509_get_subject_name(issuer) : NULL);
    FILE *file;

    need(X509_sign(certificate, by ? by : key, EVP_sha256()), "sign");
    file = open_new(paper->name, "pem");
    need(PEM_write_X509(file, certificate), "write a certificate");
    fclose(file);
    file = open_new(paper->name, "key");
    need(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), "write a key");
    fclose(file);
    X509_free(certificate);
    X509_free(issuer);
    EVP_PKEY_free(key);
    EVP_PKEY_free(by);
}

static X509_CRL *list_of(const X509 *issuer, X509 *revoked, int from_days, int to_days)
{
    X509_CRL *list = X509_CRL_new();
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *from = X509_time_adj_ex(NULL, from_days, 0, NULL);
    ASN1_TIME *to = X509_time_adj_ex(NULL, to_days, 0, NULL);

    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer));
    X509_CRL_set1_lastUpdate(list, from);
    X509_CRL_set1_nextUpdate(list, to);
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked));
    X509_REVOKED_set_revocationDate(entry, from);
    need(X509_CRL_add0_revoked(list, entry), "revoke");
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    return list;
}

void paper_make_list(const char *name, const char *issuer, const char *revoked, int from_days,
                     int to_days)
{
    X509 *by = read_certificate(issuer), *one = read_certificate(revoked);
    X509_CRL *list = list_of(by, one, from_days, to_days);
    EVP_PKEY *key = read_key(issuer);
    FILE *file = open_new(name, "pem");

    need(X509_CRL_sign(list, key, EVP_sha256()), "sign a list");
    need(PEM_write_X509(file, by) && PEM_write_X509_CRL(file, list), "write a list");
    fclose(file);
    EVP_PKEY_free(key);
    X509_CRL_free(list);
    X509_free(one);
    X509_free(by);
}

const char *paper_fingerprint(const char *name)
{
    static char texts[4][100];
    static size_t next;
    char *text = texts[next++ % ARRAY_LEN(texts)];
    X509 *certificate = read_certificate(name);
    unsigned char digest[32];
    unsigned n = sizeof digest;

    need(X509_digest(certificate, EVP_sha256(), digest, &n), "hash");
    for (size_t i = 0; i < sizeof digest; i++)
        sprintf(text + 3 * i, "%02X%s", digest[i], i + 1 < sizeof digest ? ":" : "");
    X509_free(certificate);
    return text;
}

void paper_remove(void)
{
    while (n_files > 0)
        unlink(files[--n_files]);
    if (folder[0])
        rmdir(folder);
    folder[0] = '\0';
}
