-- grain: that of the SELECT, whose result goes to an open handle of this process (chDB)
{{ select }}
INTO OUTFILE '/dev/fd/{{ handle }}' APPEND
