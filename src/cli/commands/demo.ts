import { type Demo, demo } from '../../container/demo.ts';
import { catchSignals } from '../../linux/signal-queue.ts';
import type { Action } from '../command.ts';
import { print } from '../output.ts';

/** Every line is something that would be otherwise on the host. */
const TOUR = `
row() { printf '  %-12s %s\\n' "$1" "$2"; }
echo 'Inside the container:'
row user "$(id)"
row hostname "$(hostname 2>/dev/null || cat /proc/sys/kernel/hostname)"
row processes "$(cd /proc && echo [0-9]*) (this shell is $$)"
row interfaces "$(ls /sys/class/net | tr '\\n' ' ')"
row mounts "$(wc -l < /proc/self/mountinfo)"
row devices "$(ls /dev | tr '\\n' ' ')"
row uptime "$(cut -d ' ' -f 1 /proc/uptime) s"
row cgroup "$(tail -n 1 /proc/self/cgroup)"
row privileges "CapEff $(grep CapEff /proc/self/status | cut -f 2), NoNewPrivs $(grep NoNewPrivs /proc/self/status | cut -f 2)"
row 'touch /usr/x' "$(touch /usr/x 2>&1)"
row 'touch /x' "$(touch /x 2>&1)"
`;

const action: Action = async (_context, _values, args) => {
  const done = await demo(args.length > 0 ? args : ['/bin/sh', '-c', TOUR], catchSignals());
  print(report(done));
  return done.status;
};

function report({ status, plan, namespaces, binds, calls, imageSize, times }: Demo): string {
  const by = (actor: string): number => plan.steps.filter((step) => step.by === actor).length;
  const whole = times.reduce((sum, [, milliseconds]) => sum + milliseconds, 0);
  const lines = [
    '',
    'What was done:',
    `  the host's own ${binds.join(', ')} made the root, read-only`,
    `  new namespaces: ${namespaces.join(', ')}`,
    `  the plan: ${by('host')} steps of the host, ${by('launcher') + by('init')} of the launch image`,
    `  the launch image: ${calls} system calls, ${imageSize} bytes`,
    `  the command ended with status ${status}, and everything is removed again`,
    '',
    'How long it took:',
    ...times.map(([part, milliseconds]) => timeLine(part, milliseconds)),
    timeLine('in all', whole),
  ];
  return `${lines.join('\n')}\n`;
}

function timeLine(part: string, milliseconds: number): string {
  return `  ${part.padEnd(8)} ${milliseconds.toFixed(2).padStart(8)} ms`;
}

export default action;
