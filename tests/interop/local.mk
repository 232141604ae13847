# Strangers: baresip, linphonec, Twinkle, Kamailio, SIPp, and a socket that says what it likes.
interop_tests = \
	tests/interop/test_baresip.py \
	tests/interop/test_conference.py \
	tests/interop/test_conformance_account.py \
	tests/interop/test_conformance_events.py \
	tests/interop/test_conformance_media.py \
	tests/interop/test_conformance_offer.py \
	tests/interop/test_conformance_redirect.py \
	tests/interop/test_conformance_register.py \
	tests/interop/test_conformance_rtcp.py \
	tests/interop/test_conformance_sdp.py \
	tests/interop/test_conformance_tcp.py \
	tests/interop/test_conformance_torture.py \
	tests/interop/test_conformance_uac.py \
	tests/interop/test_conformance_uac_end.py \
	tests/interop/test_conformance_uas.py \
	tests/interop/test_conformance_uas_dialog.py \
	tests/interop/test_dns.py \
	tests/interop/test_dtls.py \
	tests/interop/test_dtmf.py \
	tests/interop/test_kamailio.py \
	tests/interop/test_kamailio_dns.py \
	tests/interop/test_kamailio_endings.py \
	tests/interop/test_kamailio_fork.py \
	tests/interop/test_kamailio_strangers.py \
	tests/interop/test_rawsip.py \
	tests/interop/test_rawsip_calling.py \
	tests/interop/test_sdes.py \
	tests/interop/test_sipp.py \
	tests/interop/test_sipp_registrar.py \
	tests/interop/test_tls.py \
	tests/interop/test_transfer.py
tap_tests += $(interop_tests)
EXTRA_DIST += $(interop_tests) \
	tests/interop/sipp/reg_answer.xml tests/interop/sipp/reg_refused.xml \
	tests/interop/sipp/reg_then.xml \
	tests/interop/sipp/uac_call.xml tests/interop/sipp/uac_cancel.xml \
	tests/interop/sipp/uac_late_offer.xml tests/interop/sipp/uac_reinvite.xml \
	tests/interop/sipp/uas_call.xml tests/interop/sipp/uas_redirect.xml \
	tests/interop/sipp/uas_refuse.xml tests/interop/sipp/uas_reinvite.xml \
	tests/interop/sipp/uas_silent.xml
