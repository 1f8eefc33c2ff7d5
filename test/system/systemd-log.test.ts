// --systemd-log: what reaches the journal. Once a socket of the test's own stands in its place, in a mount namespace that
// only the command sees; where systemd is the first process (test/vm.sh), the journal itself is asked.

import { execFileSync } from 'node:child_process';
import { existsSync, fstatSync, mkdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { close } from '../../src/linux/file.ts';
import { POLLIN, poll } from '../../src/linux/poll.ts';
import { bindDatagram, receive } from '../../src/linux/socket.ts';
import { shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, fastest, Orlop, type Result, until } from './support/orlop.ts';

const place = new Workplace('systemd-log');
let before: Snapshot;
let journal: OwnJournal | undefined;

type Entry = Record<string, string>;

/** https://systemd.io/JOURNAL_NATIVE_PROTOCOL */
function parseEntry(bytes: Buffer): Entry {
  const entry: Entry = {};
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\n', at);
    const line = bytes.toString('utf8', at, end);
    at = end + 1;
    const equals = line.indexOf('=');
    if (equals > 0) entry[line.slice(0, equals)] = line.slice(equals + 1);
    else {
      const length = Number(bytes.readBigUInt64LE(at));
      entry[line] = bytes.toString('utf8', at + 8, at + 8 + length);
      expect(bytes[at + 8 + length]).toBe(0x0a);
      at += 8 + length + 1;
    }
  }
  return entry;
}

class OwnJournal {
  readonly directory = place.path('journal');
  private readonly fd: number;

  constructor() {
    mkdirSync(this.directory, { recursive: true });
    this.fd = bindDatagram(join(this.directory, 'socket'));
  }

  /** What has come, and how: an entry of its own, or a file that is sealed as systemd wants it. */
  entries(): { entry: Entry; isFile: boolean }[] {
    const found = [];
    while (poll([{ fd: this.fd, events: POLLIN }], 0)[0]) {
      const { bytes, fd } = receive(this.fd, 4096);
      if (fd === undefined) found.push({ entry: parseEntry(bytes), isFile: false });
      else {
        expect(bytes.length).toBe(0);
        const whole = Buffer.alloc(fstatSync(fd).size);
        readSync(fd, whole, 0, whole.length, 0);
        const seals = execFileSync('python3', ['-c', 'import fcntl; print(fcntl.fcntl(3, 1034))'], {
          stdio: ['ignore', 'pipe', 'inherit', fd],
        });
        expect(Number(seals) & 0xf).toBe(0xf); // F_SEAL_SEAL, _SHRINK, _GROW, _WRITE
        close(fd);
        found.push({ entry: parseEntry(whole), isFile: true });
      }
    }
    return found;
  }

  stop(): void {
    close(this.fd);
    rmSync(this.directory, { recursive: true });
  }
}

/** Runs the command where /run/systemd/journal is what the line of shell makes of it. */
function under(orlop: Orlop, line: string, args: string[]): Result {
  const prefix = ['unshare', '--mount', 'sh', '-ec', `mount -t tmpfs tmpfs /run; ${line}; exec "$@"`, 'sh'];
  return orlop.call(args, { prefix });
}

const withJournal = (orlop: Orlop, args: string[]): Result =>
  under(orlop, `mkdir -p /run/systemd/journal; mount --bind ${place.path('journal')} /run/systemd/journal`, args);

afterAll(() => place.remove());

describe.each(builds())('a socket of the test, $name', (build) => {
  const orlop = new Orlop(place, build);
  beforeEach(() => {
    before = snapshot(place, orlop);
    journal = new OwnJournal();
  });
  afterEach(async () => {
    journal?.stop();
    await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
  });

  it('warnings and errors, with the id of the container and the place in the config', () => {
    const id = place.id();
    const bundle = place.bundle((config) => {
      config.process.args = ['/bin/no-such-program'];
      config.process.noNewPrivilege = true; // no key of the specification
    });
    const args = ['--systemd-log', 'run', '-b', bundle.directory, id];
    const result = withJournal(orlop, args);
    expect(result.status).toBe(1);
    const [warning, error, ...others] = journal?.entries() ?? [];
    expect(others).toEqual([]);
    expect(warning?.isFile).toBe(false);
    expect(warning?.entry).toEqual({
      PRIORITY: '4',
      SYSLOG_IDENTIFIER: 'orlop',
      CONTAINER_ID: id,
      MESSAGE: expect.stringMatching(/noNewPrivilege.*config\.json:\d+:\d+ \/process\/noNewPrivilege/),
    });
    expect(error?.entry).toMatchObject({
      PRIORITY: '3',
      SYSLOG_IDENTIFIER: 'orlop',
      CONTAINER_ID: id,
      MESSAGE: expect.stringContaining('/bin/no-such-program'),
      ORLOP_PATH: '/process/args/0',
      ORLOP_LINE: expect.stringMatching(/^\d+$/),
      ORLOP_CODE: expect.stringContaining('/'),
    });
    // People see the error as ever; the warning is in the journal instead.
    expect(result.stderr).toContain('no-such-program');
    expect(result.stderr).not.toContain('warning');
  });

  it('text of many lines, and of more than a datagram', () => {
    const line = 'seq 1 8000; echo the last line';
    const bundle = place.bundle((config) => {
      config.hooks = { poststop: [{ path: '/bin/sh', args: ['sh', '-c', line] }] };
    });
    withJournal(orlop, ['--systemd-log', '--debug', 'run', '-b', bundle.directory, place.id()]).ok();
    const long = journal?.entries().find(({ entry }) => entry.MESSAGE?.includes('the last line'));
    expect(long?.isFile).toBe(true);
    expect(long?.entry.PRIORITY).toBe('7');
    expect(long?.entry.MESSAGE).toContain('\n7999\n8000\nthe last line');
  });

  it('beside a file', () => {
    const log = place.path('both.log');
    withJournal(orlop, ['--systemd-log', '--log', log, '--log-format', 'json', 'start', 'no-such-container']);
    const [one, ...others] = journal?.entries() ?? [];
    expect(others).toEqual([]);
    expect(one?.entry).toMatchObject({ PRIORITY: '3', CONTAINER_ID: 'no-such-container' });
    expect(JSON.parse(readFileSync(log, 'utf8')).msg).toBe(one?.entry.MESSAGE);
    rmSync(log);
  });

  it('no journal is an error that names the socket, in the file too', () => {
    const log = place.path('none.log');
    const { status, stderr } = under(orlop, ':', ['--systemd-log', '--log', log, 'list']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/--systemd-log: connect\(.*"\/run\/systemd\/journal\/socket"\) failed: ENOENT/);
    expect(stderr).toContain('--log FILE');
    expect(readFileSync(log, 'utf8')).toContain('level=error');
    rmSync(log);
  });

  it('a journal that goes in the middle: the warning is on standard error', () => {
    const gone = `rm -f ${journal?.directory}/socket`;
    const bundle = place.bundle(shell(':'), (config) => {
      config.hooks = {
        createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', gone] }],
        poststop: [{ path: '/bin/false' }],
      };
    });
    const { stderr } = withJournal(orlop, ['--systemd-log', 'run', '-b', bundle.directory, place.id()]).ok();
    expect(stderr).toMatch(/warning: --systemd-log: connect\(.*failed: ENOENT/);
    expect(stderr).toContain('poststop');
  });
});

const isThere = existsSync('/run/systemd/system');
if (!isThere) {
  console.warn(
    'systemd-log.test.ts: the real journal is skipped: systemd is not the first process (test/vm.sh has one)',
  );
}

describe.skipIf(!isThere)('the journal of systemd', () => {
  const orlop = new Orlop(place, fastest());

  /** What the journal has of a container, once it has as much as is expected. */
  async function journalOf(id: string, count: number): Promise<Entry[]> {
    let entries: Entry[] = [];
    const ask = (): boolean => {
      const output = execFileSync('journalctl', ['-o', 'json', '--all', `CONTAINER_ID=${id}`], {
        encoding: 'utf8',
        maxBuffer: 1 << 26,
      });
      entries = output
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
      return entries.length >= count;
    };
    await until(`${count} entries of ${id}`, ask, 30_000);
    return entries;
  }

  it('has the entries, with the fields that journalctl asks for', async () => {
    const id = place.id();
    const bundle = place.bundle((config) => {
      config.process.args = ['/bin/no-such-program'];
      config.linux.resources = undefined;
      config.process.noNewPrivilege = true; // no key of the specification
    });
    orlop.call(['--systemd-log', 'run', '-b', bundle.directory, id]);
    const [warning, error] = await journalOf(id, 2);
    expect(warning).toMatchObject({ PRIORITY: '4', SYSLOG_IDENTIFIER: 'orlop', _TRANSPORT: 'journal' });
    expect(error).toMatchObject({ PRIORITY: '3', ORLOP_PATH: '/process/args/0' });
  }, 120_000);

  it('has an entry that came as a file', async () => {
    const id = place.id();
    const bundle = place.bundle((config) => {
      config.linux.resources = undefined;
      config.hooks = { poststop: [{ path: '/bin/sh', args: ['sh', '-c', 'seq 1 8000'] }] };
    });
    orlop.call(['--systemd-log', '--debug', 'run', '-b', bundle.directory, id]).ok();
    const [entry] = await journalOf(id, 1);
    expect(entry?.MESSAGE).toContain('\n7999\n8000');
  }, 120_000);
});
