/* sip/limits.h - everything that a stranger can make the SIP core use has a limit, and its name
 * stands here with what happens when it is reached.
 *
 * A message offset fits in 16 bits because of SIP_MAX_MESSAGE; do not raise it above 65535. */
#ifndef SIP_LIMITS_H
#define SIP_LIMITS_H

/* --- one message (sip/parse, sip/stream) ------------------------------------------------------ */

/* Bytes of a message with its body. Longer: sip_parse says -EMSGSIZE and the datagram is dropped;
 * a stream is broken: its owner may answer (400) and closes the connection. */
#define SIP_MAX_MESSAGE 65535
/* Bytes of one header, name and folded lines included, or of the start line. Longer: 400. */
#define SIP_MAX_HEADER_LINE 8192
/* Headers of a message, a comma list counting once. More: 400. */
#define SIP_MAX_HEADERS 128
/* Parameters of one URI, address or Via. More: that value does not parse, which is 400 in the
 * headers that sip_parse decodes. */
#define SIP_MAX_PARAMS 32
/* Bytes of the header section of a stream's message. Longer: the stream is broken. */
#define SIP_MAX_HEADER_SECTION 32768
/* Bytes given to sip_stream_feed at once. More: -ENOMEM. */
#define SIP_MAX_STREAM_FEED 262144
/* CSeq numbers, RFC 3261 8.1.1.5. Above: 400. */
#define SIP_MAX_CSEQ 2147483647u
/* RFC 3261 20.22. Above: 400. */
#define SIP_MAX_MAX_FORWARDS 255
/* Delta-seconds of RFC 3261 25.1; larger numbers count as this one. */
#define SIP_MAX_DELTA_SECONDS 4294967295u

/* --- transactions, calls and dialogs (sip/transaction, sip/endpoint) -------------------------- */

/* RFC 3261 17.1.1.1 and table 4. */
#define SIP_T1_MS 500u
#define SIP_T2_MS 4000u
#define SIP_T4_MS 5000u
#define SIP_64T1_MS (64 * SIP_T1_MS)
/* 17.2.1: a 100 within 200 ms, where nothing else has been answered to an INVITE. */
#define SIP_TRYING_MS 100u
/* RFC 4320 4.1: other requests get their 100 when the client's timer E has reached T2. */
#define SIP_LATE_TRYING_MS (7 * SIP_T1_MS)
/* RFC 3261 13.3.1.1: 180 and the like are repeated, so that no proxy gives up. */
#define SIP_RING_AGAIN_MS 60000u
/* Longest time between two provisional responses, and longest time that a call rings here. Then
 * our INVITE is cancelled; theirs is answered 480. */
#define SIP_RING_MAX_MS 600000u
/* Longest time for the answer to an offer of ours in a call, once it was acknowledged by a
 * provisional response. Then the re-INVITE is cancelled. */
#define SIP_OFFER_MAX_MS 180000u
/* Between two tries to tell the other side that we have moved, where one fails; and for how long
 * that goes on. Then the call ends. */
#define SIP_MOVE_AGAIN_MS 1000u
#define SIP_MOVE_MAX_MS 180000u
/* How long somebody who claims to be the other side at a new address waits, while the old address
 * is asked. One at a time for each call: of more the one with the highest number, 500 to others. */
#define SIP_MOVE_PROBE_MS 1000u
/* Until what became of a key of ours is told once more, where there was no memory for it. */
#define SIP_TELL_AGAIN_MS 100u

/* Transactions at once, for a thousand calls a second: each call leaves two, which are kept for 32
 * and 40 s. Above: a new request is answered 503 without state. */
#define SIP_MAX_TRANSACTIONS 131072
/* Bytes of answers that are kept for copies of requests: an answer has all Vias of its request. At
 * a thousand calls a second it is 20 MB. Above: as above. */
#define SIP_MAX_ANSWER_BYTES 67108864
/* A source, but a server of ours, has so many times as much of either as is left at most: one alone
 * gets three quarters. More: 503 without state; BYE and CANCEL are done all the same. */
#define SIP_ANSWER_SHARE 3
/* The same of requests in one call, and how many. More: the oldest are forgotten, whose copies are
 * then refused by their CSeq, 500, and not done again. */
#define SIP_MAX_KEPT_BYTES 65536
#define SIP_MAX_KEPT 64
/* INVITEs of one source (an address, or a network of IPv6: ip_source) that begin a call, without
 * ACK. Above: 503 without state. Whoever allows more calls than that (max_calls of the endpoint)
 * lets all of them begin at once: they may ring, and may come by one server. */
#define SIP_MAX_HALF_OPEN 64
/* The same of all sources, as addresses can be forged: some 10 MB with the sound of their calls.
 * Above: 503 without state. */
#define SIP_MAX_HALF_OPEN_ALL 512
/* A source, but a server of ours, that has some already gets another one where so many times as
 * many places are left: a hundred that flood us leave a dozen and more to who comes anew. Else as
 * above. */
#define SIP_HALF_OPEN_SHARE 4
/* A source, but a server of ours, may have so many times as many calls as there is room for still,
 * where nobody said how many there may be: one alone gets three quarters, of many each a small
 * share. More: 486 without state. */
#define SIP_CALLS_SHARE 3
/* Requests from above this size go over TCP where UDP was meant (RFC 3261 18.1.1). */
#define SIP_MAX_UDP_REQUEST 1300
/* Record-Route values of a dialog. More: the request is refused, 400; a 2xx loses its rest. */
#define SIP_MAX_ROUTES 32
/* Service-Route values of an account that are looked up, to know whose calls to let in. More: calls
 * that come from those are a stranger's. */
#define SIP_MAX_ROUTES_FOUND 4
/* Places that 3xx answers to one INVITE may name, and REFERs in calls before it, over all. More:
 * they are not tried. */
#define SIP_MAX_REDIRECTS 5
/* A REFER in a call: how long somebody may take to decide about it, and all of it together, with
 * the call that comes of it. Then the other side is told that nobody has agreed (603), and that it
 * will hear no more. One at a time for each call: 491 to others until the last NOTIFY of it is
 * answered. Places that led to a call, those who called us and redirects included, count as
 * redirects do: SIP_MAX_REDIRECTS, and none twice. More: 603. */
#define SIP_REFER_ASK_MS 60000u
#define SIP_REFER_MAX_MS 720000u
/* Bytes of the Replaces that a REFER asks for; more: 400. Of its Referred-By; more: it is left out.
 * Longer ones are no use to anybody, and would push our INVITE over the size of a datagram. */
#define SIP_MAX_REPLACES 512
#define SIP_MAX_REFERRED_BY 256
/* Answers of sip_endpoint_located that are tried. */
#define SIP_MAX_TARGETS 8
/* Min-Expires that is obeyed, in seconds. More: the 423 is a refusal. */
#define SIP_MAX_REGISTRATION_S 86400u
/* Retry-After that is obeyed. Longer counts as this. */
#define SIP_MAX_RETRY_AFTER_MS 3600000u
/* Addresses remembered as those of an account's server; the latest count. */
#define SIP_MAX_SERVERS 16
/* Former Contacts of an account that a REGISTER takes back. More: the one before the last expires
 * by itself. */
#define SIP_MAX_OLD_CONTACTS 4
/* How long a place that has failed is tried last, and how many are remembered: the latest. */
#define SIP_AVOID_MS 300000u
#define SIP_MAX_AVOIDED 16
/* Of one name's DNS records (sip/locator): services (a protocol at a domain) asked for; records of
 * one answer looked at; servers tried; addresses of each, where there are several. More: left
 * out. */
#define SIP_LOCATE_MAX_SERVICES 6
#define SIP_LOCATE_MAX_RECORDS 16
#define SIP_LOCATE_MAX_SERVERS 8
#define SIP_LOCATE_MAX_ADDRESSES 4
/* One for NAPTR, and addresses also of the name itself. */
#define SIP_LOCATE_MAX_QUESTIONS (2 + SIP_LOCATE_MAX_SERVICES + SIP_LOCATE_MAX_SERVERS)
/* Dialogs of one INVITE of ours. A 2xx of yet another fork is dropped. */
#define SIP_MAX_FORKS 16
/* ACKs of ours kept for one dialog: that of the INVITE and those of the latest re-INVITEs. Of more
 * the oldest is forgotten: a copy of the 2xx that it answered gets none. */
#define SIP_MAX_ACKS 4

/* --- digest (sip/challenge, sip/auth) --------------------------------------------------------- */

/* Bytes of realm, nonce, opaque and algorithm of one challenge. More: it is passed over. */
#define SIP_MAX_CHALLENGE 2048
/* Challenges that an account remembers. More: the one longest unused is forgotten. */
#define SIP_MAX_CHALLENGES 4
/* Nonces of an account whose counts are kept; more than challenges. More: the one longest unused is
 * forgotten. */
#define SIP_MAX_NONCES 8
/* Realms of an account that are known. More: the oldest is forgotten. */
#define SIP_MAX_REALMS 8
/* Challenges to one request that are answered, of all realms. More: it is given up. */
#define SIP_MAX_ROUNDS 6
/* Challenges of one request that are told to be stale. More: it has failed. */
#define SIP_MAX_STALE 2

#endif
