#!/usr/bin/env bash
# Runs tests in machines whose only cgroups are version 2: without systemd, and with it; there Podman and containerd too,
# with systemd as their cgroup manager.
#
#   ORLOP_VM_RUN=PROGRAM test/vm.sh [all | TEST FILE...]
#
# Without a word those of cgroups, devices, the freezer, OOM, delegation and the systemd driver, with the executable alone.
# `all` is every test that sees a difference, with both builds; one more machine has SELinux where the others have
# AppArmor, and in one systemd has chosen version 1. That takes hours where a machine is emulated.
#
# PROGRAM [--systemd] [--append "KERNEL PARAMETERS"] --timeout S --share DIR:PATH[:ro]... -- COMMAND... runs a command as
# root in a virtual machine and ends as it did. The machine is of this one's release, and needs busybox at /usr/bin/busybox
# and what boots it: programs that it lacks are this machine's, as Node is.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { # REASON
  printf '\n*** test/vm.sh: skipped, nothing is tested on cgroup v2 or with systemd: %s ***\n\n' "$1" >&2
  exit 0
}
if [[ -z ${ORLOP_VM_RUN:-} ]]; then
  skip 'ORLOP_VM_RUN does not name a program that runs a command in a virtual machine'
fi
"$ORLOP_VM_RUN" --timeout 600 -- true || skip "$ORLOP_VM_RUN cannot run even \"true\" (status $?)"

node=$(readlink -f "$(command -v node)")
# Programs that a small system may lack (hostname) are busybox's; what a test writes stays in the machine.
read -r -d '' inside <<'END' || :
set -e
executable=$1 node=$2; shift 2
modprobe overlay
mount -t overlay -o lowerdir=/usr:/host/usr overlay /usr
[[ ! -d /host/containers ]] || cp -r /host/containers /etc/containers
mkdir -p /tmp/bin
/usr/bin/busybox --install -s /tmp/bin
ln -sf "$node" /tmp/bin/node
export PATH=$PATH:/tmp/bin
[[ -z $executable ]] || export ORLOP=$executable
cd /project
exec node node_modules/vitest/vitest.mjs run --config test/vitest.config.ts --project system --project engines "$@"
END

status=0 seconds=5400
run() { # WHAT [OPTION OF PROGRAM...] -- TEST FILE...
  local what=$1 start=$SECONDS options=()
  shift
  while [[ $1 != -- ]]; do options+=("$1"); shift; done
  shift
  echo "test/vm.sh: $what"
  "$ORLOP_VM_RUN" "${options[@]}" --timeout "$seconds" --share "$PWD:/project" --share /usr:/host/usr:ro --share "$(dirname "$node"):/node:ro" -- \
    bash -c "$inside" bash "$executable" "/node/$(basename "$node")" "$@" || status=1
  echo "test/vm.sh: $what: $((SECONDS - start)) s"
}

tests() { # NAME...: their files
  printf 'test/system/%s.test.ts\n' "$@"
}
plain=() systemd=() executable=''
case ${1:-} in
  '')
    executable=/project/dist/orlop
    mapfile -t plain < <(tests cgroup2 cgroup-namespace devices processes events)
    mapfile -t systemd < <(tests systemd-cgroup cgroup-namespace systemd)
    ;;
  all)
    seconds=14400
    mapfile -t plain < <(tests cgroup2 cgroup-namespace devices update processes cgroup-manager systemd-cgroup lifecycle inside inside-filesystem mounts failure \
      sigkill tmpcopyup events systemd systemd-log attributes security check-host)
    systemd=("${plain[@]}")
    ;;
  *)
    seconds=14400
    plain=("$@") systemd=("$@")
    ;;
esac

run 'without systemd' -- "${plain[@]}"
run 'with systemd' --systemd -- "${systemd[@]}"
if [[ ${1:-all} == all ]]; then
  if command -v podman >/dev/null && command -v containerd >/dev/null; then
    run 'Podman and containerd, with systemd' --systemd --share /etc/containers:/host/containers:ro -- \
      test/engines/systemd.test.ts
  else
    printf '*** test/vm.sh: skipped: Podman and containerd with systemd: apt-get install podman containerd ***\n' >&2
  fi
fi
if [[ ${1:-} == all ]]; then
  run 'with systemd on cgroup v1' --systemd --append systemd.unified_cgroup_hierarchy=0 -- test/system/systemd-cgroup.test.ts
  run 'with SELinux' --append 'lsm=selinux selinux=1' -- test/system/security.test.ts
fi
exit "$status"
