# Manual pages.
dist_man_MANS += man/tphone.1 man/tphone.conf.5
