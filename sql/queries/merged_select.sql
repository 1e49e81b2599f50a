SELECT {{ columns }} FROM (SELECT {{ inner }} FROM {{ table }} AS rollup {{ where }} {{ group }})
