"""What a sanitizer or the C library reports of a program, and what a shell says of how it died.

No machine is to blame for any of it, however busy it is: tests/run asks no test again for it, and
tests find fault with a phone that says it. In capitals as they are printed: a title, a name of a
folder, or a build "with sanitizers" is no report.
"""
REPORTS = (r"(?:Address|Leak|Memory|Thread|Behavior)Sanitizer|runtime error:|Shadow byte|=ABORTING|"
           r"core dumped|[Aa]ssertion .*failed|Segmentation fault|free\(\)|malloc\(\)|double free|"
           r"corruption|corrupted|stack smashing|terminate called")
