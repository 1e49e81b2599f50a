-- chDB: the result goes to an open handle of this process.
INTO OUTFILE '/dev/fd/{{ handle }}' APPEND
