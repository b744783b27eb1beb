# Ends what a run has started if the run itself was killed and could not. Its standard input ends with the run.
# $1: the folder of the run. Standard input: the process id of each server, one a line.
servers=
while read -r server; do servers="$servers $server"; done

some_run() {
  for server in $servers; do kill -0 "$server" 2>/dev/null && return 0; done
  return 1
}

for server in $servers; do kill -TERM "$server" 2>/dev/null; done
for _ in 1 2 3 4 5 6 7 8 9 10; do some_run && sleep 0.5; done
for server in $servers; do kill -KILL "$server" 2>/dev/null; done
rm -rf "$1"
