-- chDB: the result goes to an open handle of this process.
{{ select }}
INTO OUTFILE '/dev/fd/{{ handle }}' APPEND
