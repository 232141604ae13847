# Manual pages.
dist_man_MANS += man/tphone.1 man/tphone.conf.5 man/tphone-control.7
