#!/usr/bin/env bash
# PgBouncer before 1.21 (Debian 12 has 1.18), and later ones with max_prepared_statements = 0.
#
# One would expect: (1) a statement that a client prepared by name is that client's; another client that runs the same name without
# having prepared it gets an error. (2) Options in a connection's address, such as options=-csearch_path=north, hold, or the
# connection is refused.
#
# What happens: (1) in transaction mode the name lies in the server's session, which the pooler hands to the next client: that one
# runs the first one's statement, and is told that all is well. Two programs that count their statements (q_0, q_1, ...) run each
# other's: here a client that wants to delete the person with number 1 deletes photo 1. (2) With
# `ignore_startup_parameters = options`, which its error message proposes, options are dropped without a word: who asks for
# the tables of schema "north" gets those of "public".
#
# Why it matters: a deletion that returns success deletes somebody else's rows. Use unnamed statements, within a transaction; and
# ask the session what its search_path is.
set -euo pipefail
server=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)")
pgbouncer=$(PATH=$PATH:/usr/sbin command -v pgbouncer)
echo "$("$server/postgres" --version); $("$pgbouncer" --version | head -n 1)"

folder=$(mktemp -d)
as=()
if [[ $EUID = 0 ]]; then
  chown postgres "$folder"
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
pooler=
stop() {
  if [[ -n $pooler ]]; then kill "$pooler" || true; wait "$pooler" || true; fi
  if [[ -e $folder/data/postmaster.pid ]]; then "${as[@]}" "$server/pg_ctl" -D "$folder/data" -m immediate stop >"$folder/stop"; fi
  rm -rf "$folder"
}
trap stop EXIT
cd "$folder"

"${as[@]}" "$server/initdb" --no-sync -D "$folder/data" -U tester -E UTF8 --locale=C --auth=trust >"$folder/made"
"${as[@]}" "$server/pg_ctl" -D "$folder/data" -l "$folder/log" -o "-k $folder -p 5432 -c listen_addresses='' -c fsync=off" -w start >"$folder/started"
cat >"$folder/pgbouncer.ini" <<INI
[databases]
* = host=$folder port=5432 user=tester
[pgbouncer]
pool_mode = transaction
default_pool_size = 1
ignore_startup_parameters = options
auth_type = any
unix_socket_dir = $folder
listen_port = 6432
logfile = $folder/pooler
INI
if [[ $EUID = 0 ]]; then chown postgres "$folder/pgbouncer.ini"; fi
"${as[@]}" "$pgbouncer" -q "$folder/pgbouncer.ini" &
pooler=$!
while [[ ! -S $folder/.s.PGSQL.6432 ]]; do kill -0 "$pooler"; sleep 0.05; done

python3 - "$folder" <<'PYTHON'
import ctypes
import sys

pq = ctypes.CDLL("libpq.so.5")
for name in ("PQconnectdb", "PQexec", "PQprepare", "PQexecPrepared"):
    getattr(pq, name).restype = ctypes.c_void_p
for name in ("PQgetvalue", "PQcmdTuples", "PQerrorMessage", "PQresultErrorMessage"):
    getattr(pq, name).restype = ctypes.c_char_p
print("libpq", pq.PQlibVersion())


class Client:
    def __init__(self, folder, port, options=""):
        self.handle = ctypes.c_void_p(pq.PQconnectdb(f"host={folder} port={port} user=tester dbname=postgres {options}".encode()))
        assert pq.PQstatus(self.handle) == 0, pq.PQerrorMessage(self.handle)

    def take(self, result):
        result = ctypes.c_void_p(result)
        assert pq.PQresultStatus(result) in (1, 2), pq.PQresultErrorMessage(result)
        return result

    def run(self, sql):
        result = self.take(pq.PQexec(self.handle, sql.encode()))
        return [pq.PQgetvalue(result, row, 0).decode() for row in range(pq.PQntuples(result))]

    def prepare(self, name, sql):
        self.take(pq.PQprepare(self.handle, name.encode(), sql.encode(), 1, None))

    def run_prepared(self, name, value):
        values = (ctypes.c_char_p * 1)(value.encode())
        return pq.PQcmdTuples(self.take(pq.PQexecPrepared(self.handle, name.encode(), 1, values, None, None, 0))).decode()


folder = sys.argv[1]
direct = Client(folder, 5432)
direct.run("CREATE TABLE photos (number bigint, person bigint); INSERT INTO photos VALUES (1, 7), (2, 1), (3, 1)")
direct.run("CREATE SCHEMA north; CREATE TABLE north.place AS SELECT 'north'; CREATE TABLE public.place AS SELECT 'public'")

first, second = Client(folder, 6432), Client(folder, 6432)
first.prepare("q_0", "DELETE FROM photos WHERE number = $1::bigint")
deleted = second.run_prepared("q_0", "1")  # it means the person; it has prepared nothing here
left = direct.run("SELECT number FROM photos ORDER BY number")
print(f"a name that another client prepared: success, {deleted} row deleted, photos {left} are left")

option = "options=-csearch_path=north"
asked = [Client(folder, port, option).run("TABLE place")[0] for port in (5432, 6432)]
print(f"with {option}: the server shows {asked[0]}, the pooler {asked[1]}")

if deleted != "1" or left != ["2", "3"] or asked != ["north", "public"]:
    sys.exit("not as described")
PYTHON
