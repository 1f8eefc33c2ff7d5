#!/usr/bin/env bash
# Runs system tests in a machine whose only cgroups are version 2, without systemd and then with it:
#
#   ORLOP_VM_RUN=PROGRAM test/vm.sh [TEST FILE...]
#
# PROGRAM [--systemd] --timeout S --share DIR:PATH[:ro]... -- COMMAND... runs a command as root in a virtual machine and
# ends as it did. The machine needs busybox at /usr/bin/busybox, util-linux and the C++ library; Node is this machine's.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -z ${ORLOP_VM_RUN:-} ]]; then
  echo 'test/vm.sh: skipped: ORLOP_VM_RUN does not name a program that runs a command in a virtual machine'
  exit 0
fi

[[ $# -gt 0 ]] || set -- test/system/{cgroup2,lifecycle,inside,failure,sigkill,tmpcopyup,events,systemd,systemd-log}.test.ts
node=$(readlink -f "$(command -v node)")
# Programs that a small system may lack (hostname) are busybox's; what a test writes stays in the machine.
read -r -d '' inside <<'END' || :
set -e
project=$1 node=$2; shift 2
mkdir -p /tmp/bin
/usr/bin/busybox --install -s /tmp/bin
ln -sf "$node" /tmp/bin/node
export PATH=$PATH:/tmp/bin
cd "$project"
exec node node_modules/vitest/vitest.mjs run --config test/vitest.config.ts --project system "$@"
END

status=0
for mode in '' --systemd; do
  echo "test/vm.sh: cgroup v2 ${mode:-without systemd}"
  "$ORLOP_VM_RUN" ${mode:+"$mode"} --timeout 3600 --share "$PWD:$PWD" --share "$(dirname "$node"):/node:ro" -- \
    bash -c "$inside" bash "$PWD" "/node/$(basename "$node")" "$@" || status=1
done
exit "$status"
