# What unit/phone adds to the tests.
phone_tests = \
	tests/unit/phone/test_account \
	tests/unit/phone/test_account_no_memory \
	tests/unit/phone/test_account_words \
	tests/unit/phone/test_call_codecs \
	tests/unit/phone/test_call_digits \
	tests/unit/phone/test_call_history \
	tests/unit/phone/test_call_no_memory \
	tests/unit/phone/test_call_sound \
	tests/unit/phone/test_call_tables \
	tests/unit/phone/test_calls \
	tests/unit/phone/test_choices \
	tests/unit/phone/test_conference \
	tests/unit/phone/test_config \
	tests/unit/phone/test_config_keep \
	tests/unit/phone/test_contacts \
	tests/unit/phone/test_contacts_edit \
	tests/unit/phone/test_dtls_no_memory \
	tests/unit/phone/test_early \
	tests/unit/phone/test_ebb \
	tests/unit/phone/test_event_names \
	tests/unit/phone/test_events \
	tests/unit/phone/test_helper \
	tests/unit/phone/test_history \
	tests/unit/phone/test_history_faults \
	tests/unit/phone/test_identity \
	tests/unit/phone/test_keys_lossy \
	tests/unit/phone/test_lossy \
	tests/unit/phone/test_mask \
	tests/unit/phone/test_media \
	tests/unit/phone/test_media_adapt \
	tests/unit/phone/test_media_allocations \
	tests/unit/phone/test_media_cost \
	tests/unit/phone/test_media_desk \
	tests/unit/phone/test_media_device \
	tests/unit/phone/test_media_device_stereo \
	tests/unit/phone/test_media_device_two \
	tests/unit/phone/test_media_dtls \
	tests/unit/phone/test_media_effort \
	tests/unit/phone/test_media_file \
	tests/unit/phone/test_media_jobs \
	tests/unit/phone/test_media_keys \
	tests/unit/phone/test_media_link \
	tests/unit/phone/test_media_microphone \
	tests/unit/phone/test_media_mix \
	tests/unit/phone/test_media_pipe \
	tests/unit/phone/test_media_pipe_kinds \
	tests/unit/phone/test_media_pipe_late \
	tests/unit/phone/test_media_pipe_out \
	tests/unit/phone/test_media_receive \
	tests/unit/phone/test_media_red \
	tests/unit/phone/test_media_ring \
	tests/unit/phone/test_media_secure \
	tests/unit/phone/test_media_send \
	tests/unit/phone/test_media_sides \
	tests/unit/phone/test_media_strangers \
	tests/unit/phone/test_media_stream \
	tests/unit/phone/test_media_xr \
	tests/unit/phone/test_move_no_memory \
	tests/unit/phone/test_no_memory \
	tests/unit/phone/test_password \
	tests/unit/phone/test_phone \
	tests/unit/phone/test_program \
	tests/unit/phone/test_quality \
	tests/unit/phone/test_reach \
	tests/unit/phone/test_snapshot \
	tests/unit/phone/test_sound_kind \
	tests/unit/phone/test_spelling \
	tests/unit/phone/test_target \
	tests/unit/phone/test_transfer \
	tests/unit/phone/test_words
check_PROGRAMS += $(phone_tests)
tap_tests += $(phone_tests)

# A file of calls.
noted = tests/unit/phone/noted.c tests/unit/phone/noted.h
# Sound out of a pipe.
piped = tests/unit/phone/piped.c tests/unit/phone/piped.h

tests_unit_phone_test_account_LDADD = $(phone_ldadd)
tests_unit_phone_test_account_no_memory_SOURCES = tests/unit/phone/test_account_no_memory.c \
	$(memory_uv)
tests_unit_phone_test_account_no_memory_LDADD = $(phone_ldadd)
tests_unit_phone_test_account_no_memory_LDFLAGS = $(memory_ldflags)
tests_unit_phone_test_account_words_LDADD = $(phone_ldadd)
tests_unit_phone_test_choices_LDADD = $(phone_ldadd)
tests_unit_phone_test_config_LDADD = $(phone_ldadd)
tests_unit_phone_test_mask_LDADD = $(phone_ldadd)
tests_unit_phone_test_identity_LDADD = $(phone_ldadd)
tests_unit_phone_test_contacts_LDADD = $(phone_ldadd)
tests_unit_phone_test_contacts_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=file_read \
	-Wl,--wrap=helper_open_contacts
tests_unit_phone_test_ebb_LDADD = $(phone_ldadd)
tests_unit_phone_test_ebb_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=uv_thread_create_ex
tests_unit_phone_test_config_keep_LDADD = $(phone_ldadd)
tests_unit_phone_test_contacts_edit_LDADD = $(phone_ldadd)
tests_unit_phone_test_event_names_LDADD = $(phone_ldadd)
tests_unit_phone_test_lossy_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_adapt_LDADD = $(phone_ldadd)
tests_unit_phone_test_quality_LDADD = $(phone_ldadd)
tests_unit_phone_test_reach_LDADD = $(phone_ldadd)
tests_unit_phone_test_helper_LDADD = $(phone_ldadd)
tests_unit_phone_test_history_SOURCES = tests/unit/phone/test_history.c $(noted)
tests_unit_phone_test_history_LDADD = $(phone_ldadd)
tests_unit_phone_test_history_faults_SOURCES = tests/unit/phone/test_history_faults.c $(noted)
tests_unit_phone_test_history_faults_LDADD = $(phone_ldadd)
# The portable pacer stands before the library's own: it goes by the clock that is patient.
tests_unit_phone_test_media_SOURCES = tests/unit/phone/test_media.c \
	tests/unit/phone/patient_clock.c tests/unit/phone/patient_clock.h \
	tests/unit/phone/streams.c tests/unit/phone/streams.h src/net/pacer_uv.c
tests_unit_phone_test_media_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_allocations_SOURCES = tests/unit/phone/test_media_allocations.c \
	tests/unit/phone/streams.c tests/unit/phone/streams.h
tests_unit_phone_test_media_allocations_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_allocations_LDFLAGS = $(AM_LDFLAGS) $(air_ldflags) \
	-Wl,--wrap=net_rtp_send
tests_unit_phone_test_media_cost_SOURCES = tests/unit/phone/test_media_cost.c \
	tests/unit/phone/streams.c tests/unit/phone/streams.h
tests_unit_phone_test_media_cost_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_cost_LDFLAGS = $(memory_ldflags) -Wl,--wrap=net_rtp_send
tests_unit_phone_test_media_effort_SOURCES = tests/unit/phone/test_media_effort.c \
	tests/unit/phone/streams.c tests/unit/phone/streams.h
tests_unit_phone_test_media_effort_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_effort_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=net_now_us \
	-Wl,--wrap=stream_beat -Wl,--wrap=effort_note -Wl,--wrap=opus_encode
tests_unit_phone_test_media_file_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_desk_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_device_stereo_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_device_stereo_LDFLAGS = $(AM_LDFLAGS) $(air_ldflags)
tests_unit_phone_test_media_device_two_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_device_two_LDFLAGS = $(AM_LDFLAGS) $(air_ldflags)
tests_unit_phone_test_media_device_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_device_LDFLAGS = $(AM_LDFLAGS) $(air_ldflags) \
	-Wl,--wrap=uv_sleep
tests_unit_phone_test_media_ring_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_ring_LDFLAGS = $(AM_LDFLAGS) $(air_ldflags) \
	-Wl,--wrap=media_device_new
dtls_world = tests/unit/phone/dtls_world.c tests/unit/phone/dtls_world.h \
	tests/unit/phone/lone.c tests/unit/phone/lone.h
tests_unit_phone_test_media_dtls_SOURCES = tests/unit/phone/test_media_dtls.c $(dtls_world)
tests_unit_phone_test_media_dtls_LDADD = $(phone_ldadd)
tests_unit_phone_test_dtls_no_memory_SOURCES = tests/unit/phone/test_dtls_no_memory.c \
	$(dtls_world) $(memory_openssl)
tests_unit_phone_test_dtls_no_memory_LDADD = $(phone_ldadd)
tests_unit_phone_test_dtls_no_memory_LDFLAGS = $(memory_ldflags)
tests_unit_phone_test_media_jobs_LDADD = $(phone_ldadd)
tests_unit_phone_test_keys_lossy_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_keys_SOURCES = tests/unit/phone/test_media_keys.c \
	tests/unit/phone/streams.c tests/unit/phone/streams.h
tests_unit_phone_test_media_keys_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_link_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_microphone_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_mix_SOURCES = tests/unit/phone/test_media_mix.c \
	tests/unit/phone/mixes.c tests/unit/phone/mixes.h
tests_unit_phone_test_media_mix_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_mix_LDFLAGS = $(memory_ldflags)
tests_unit_phone_test_media_pipe_SOURCES = tests/unit/phone/test_media_pipe.c $(piped)
tests_unit_phone_test_media_pipe_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_pipe_kinds_SOURCES = tests/unit/phone/test_media_pipe_kinds.c $(piped)
tests_unit_phone_test_media_pipe_kinds_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_pipe_late_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_pipe_out_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_secure_SOURCES = tests/unit/phone/test_media_secure.c \
	tests/unit/phone/lone.c tests/unit/phone/lone.h
tests_unit_phone_test_media_secure_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_secure_LDFLAGS = $(memory_ldflags)
tests_unit_phone_test_media_send_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_send_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=opus_encode
tests_unit_phone_test_media_receive_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_receive_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=playout_get \
	-Wl,--wrap=stream_mix_put -Wl,--wrap=net_now_us -Wl,--wrap=net_rtp_batch_recv
tests_unit_phone_test_media_xr_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_sides_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_red_SOURCES = tests/unit/phone/test_media_red.c \
	tests/unit/phone/streams.c tests/unit/phone/streams.h
tests_unit_phone_test_media_red_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_red_LDFLAGS = $(memory_ldflags)
tests_unit_phone_test_media_strangers_SOURCES = tests/unit/phone/test_media_strangers.c \
	tests/unit/phone/streams.c tests/unit/phone/streams.h
tests_unit_phone_test_media_strangers_LDADD = $(phone_ldadd)
tests_unit_phone_test_media_stream_SOURCES = tests/unit/phone/test_media_stream.c \
	tests/unit/phone/streams.c tests/unit/phone/streams.h
tests_unit_phone_test_media_stream_LDADD = $(phone_ldadd)
tests_unit_phone_test_no_memory_LDADD = $(phone_ldadd)
tests_unit_phone_test_no_memory_LDFLAGS = $(memory_ldflags)
tests_unit_phone_test_program_LDADD = $(phone_ldadd)
tests_unit_phone_test_sound_kind_LDADD = $(phone_ldadd)
tests_unit_phone_test_spelling_LDADD = $(phone_ldadd)
tests_unit_phone_test_target_LDADD = $(phone_ldadd)
tests_unit_phone_test_call_codecs_LDADD = $(phone_ldadd)
tests_unit_phone_test_call_codecs_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=media_can_codec \
	-Wl,--wrap=media_expect_codec
tests_unit_phone_test_call_digits_LDADD = $(phone_ldadd)
tests_unit_phone_test_call_digits_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=call_tell \
	-Wl,--wrap=media_stream_takes_digits -Wl,--wrap=media_stream_tones -Wl,--wrap=net_deadline_free \
	-Wl,--wrap=net_deadline_new -Wl,--wrap=net_deadline_set -Wl,--wrap=net_now_ms \
	-Wl,--wrap=net_sip_link_pump -Wl,--wrap=phone_deliver -Wl,--wrap=sip_call_digit
tests_unit_phone_test_call_history_LDADD = $(phone_ldadd)
tests_unit_phone_test_call_history_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=history_begin \
	-Wl,--wrap=history_end
tests_unit_phone_test_call_tables_LDADD = $(phone_ldadd)
tests_unit_phone_test_phone_LDADD = $(phone_ldadd)
tests_unit_phone_test_password_LDADD = $(phone_ldadd)
tests_unit_phone_test_words_LDADD = $(phone_ldadd)

# Several phones, and a far end of straw.
tests_unit_phone_test_call_sound_SOURCES = tests/unit/phone/test_call_sound.c \
	tests/unit/phone/phones.c tests/unit/phone/phones.h
tests_unit_phone_test_calls_SOURCES = tests/unit/phone/test_calls.c \
	tests/unit/phone/phones.c tests/unit/phone/phones.h
tests_unit_phone_test_conference_SOURCES = tests/unit/phone/test_conference.c \
	tests/unit/phone/phones.c tests/unit/phone/phones.h
tests_unit_phone_test_conference_LDADD = $(phone_ldadd)
tests_unit_phone_test_early_SOURCES = tests/unit/phone/test_early.c \
	tests/unit/phone/phones.c tests/unit/phone/phones.h
tests_unit_phone_test_events_SOURCES = tests/unit/phone/test_events.c \
	tests/unit/phone/phones.c tests/unit/phone/phones.h
tests_unit_phone_test_snapshot_SOURCES = tests/unit/phone/test_snapshot.c \
	tests/unit/phone/phones.c tests/unit/phone/phones.h
tests_unit_phone_test_transfer_SOURCES = tests/unit/phone/test_transfer.c \
	tests/unit/phone/phones.c tests/unit/phone/phones.h
tests_unit_phone_test_transfer_LDADD = $(phone_ldadd)
tests_unit_phone_test_call_sound_LDADD = $(phone_ldadd)
tests_unit_phone_test_snapshot_LDADD = $(phone_ldadd)
tests_unit_phone_test_calls_LDADD = $(phone_ldadd)
tests_unit_phone_test_events_LDADD = $(phone_ldadd)
tests_unit_phone_test_early_LDADD = $(phone_ldadd)
tests_unit_phone_test_call_no_memory_SOURCES = tests/unit/phone/test_call_no_memory.c \
	tests/unit/phone/frugal.c tests/unit/phone/frugal.h tests/unit/phone/phones.c \
	tests/unit/phone/phones.h $(noted) $(memory_srtp) $(memory_uv)
tests_unit_phone_test_call_no_memory_LDADD = $(phone_ldadd)
tests_unit_phone_test_call_no_memory_LDFLAGS = $(memory_srtp_ldflags)
tests_unit_phone_test_move_no_memory_SOURCES = tests/unit/phone/test_move_no_memory.c \
	tests/unit/phone/frugal.c tests/unit/phone/frugal.h tests/unit/phone/phones.c \
	tests/unit/phone/phones.h $(memory_uv)
tests_unit_phone_test_move_no_memory_LDADD = $(phone_ldadd)
tests_unit_phone_test_move_no_memory_LDFLAGS = $(memory_ldflags) -Wl,--wrap=net_local_towards
