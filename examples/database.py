"""The README's example of a table in a database."""

import ibis

import leastwise as lw

connection = ibis.duckdb.connect()  # or ibis.postgres.connect(host=..., database=...)
connection.raw_sql("""
    create table orders as select 1e6 + i % 97 price, 1e6 + i % 89 visits, 3 * (i % 97) - 2 * (i % 89) + i % 101 total
    from range(500000) t(i)
""")
fit = lw.fit(connection.table("orders"), y="total", x=["price", "visits"])
print(fit.summary())
