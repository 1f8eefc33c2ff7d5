// A seccomp agent as runtime-spec config-linux.md#containerprocessstate has it, a process of its own: it says what it was
// told, and answers each call as asked for. man 2 seccomp_unotify.

import { type ChildProcess, spawn } from 'node:child_process';
import { until } from './orlop.ts';

/** A call of the container, answered with an errno, or let pass. */
export type Answers = Record<number, number | 'continue'>;

const AGENT = `
import fcntl, json, select, socket, struct, sys
answers = {int(number): answer for number, answer in json.loads(sys.argv[2]).items()}
RECV, SEND, CONTINUE = 0xc0502100, 0xc0182101, 1
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(8)
say = lambda *words: print(json.dumps(words), flush=True)
say("listening")
listeners = []
while True:
    for ready in select.select([server] + listeners, [], [])[0]:
        if ready is server:
            peer, _ = server.accept()
            text, fds, _, _ = socket.recv_fds(peer, 4096, 4)
            first = len(text)
            while more := peer.recv(65536):
                text += more
            say("state", json.loads(text), len(fds), first)
            listeners += fds
            continue
        poll = select.poll()
        poll.register(ready, select.POLLIN)
        events = poll.poll(0)
        if not events or not events[0][1] & select.POLLIN:
            listeners.remove(ready)
            continue
        call = bytearray(80)
        try:
            fcntl.ioctl(ready, RECV, call)
        except OSError:
            continue
        id, pid, _, number = struct.unpack_from("QIIi", call)
        answer = answers.get(number, "continue")
        say("call", number, pid, answer)
        passes = answer == "continue"
        fcntl.ioctl(ready, SEND, struct.pack("QqiI", id, 0, 0 if passes else -answer, CONTINUE if passes else 0))
`;

export interface ProcessState {
  ociVersion: string;
  fds: string[];
  pid: number;
  metadata: string;
  state: { ociVersion: string; id: string; status: string; pid: number; bundle: string; annotations: object };
}

export class SeccompAgent {
  private readonly process: ChildProcess;
  private text = '';

  constructor(socket: string, answers: Answers) {
    const words = ['-c', AGENT, socket, JSON.stringify(answers)];
    this.process = spawn('python3', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.process.stdout?.on('data', (data) => {
      this.text += data;
    });
  }

  async listening(): Promise<void> {
    await until('the agent listens', () => this.said('listening').length > 0);
  }

  /** What it has said that begins with this word. */
  said(word: string): unknown[][] {
    const lines = this.text.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as unknown[]).filter(([first]) => first === word);
  }

  /** What it was told of processes, once it was told of so many. */
  async states(count: number): Promise<{ state: ProcessState; fds: number }[]> {
    await until(`the agent is told of ${count} processes`, () => this.said('state').length >= count);
    return this.said('state').map(([, state, fds]) => ({ state: state as ProcessState, fds: fds as number }));
  }

  end(): void {
    this.process.kill('SIGKILL');
  }
}
