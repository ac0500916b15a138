SELECT emit partition FROM emit AS partition JOIN grace within 1 day on array[1] = map->struct; SELECT a FROM b EMIT CHANGES;
SELECT `a``b`."c""d", 5e3, 1abc, ${x}, '${y}' FROM ${z} WHERE - -1 = -(5) AND (-a)[1] IN (x AT TIME ZONE 'u'); --@test: x
