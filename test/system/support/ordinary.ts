// An ordinary user, as far as a test needs one: a uid that is nobody's, directories of his own, and if there is useradd
// a name with ranges in /etc/subuid and /etc/subgid.

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Bundle, Workplace } from './bundle.ts';
import { type Build, type CallOptions, fastest, Orlop, type Result } from './orlop.ts';

export const UID = 54_321;
export const GID = 54_322;
const NAME = 'orlop-test';

export class OrdinaryUser {
  readonly home: string;
  readonly runtime: string;
  private readonly build: Build;

  constructor(place: Workplace) {
    chmodSync(place.directory, 0o711);
    this.home = this.directory(place.path('home'));
    this.runtime = this.directory(place.path('runtime'));
    const { name, argv } = fastest();
    // The project may lie where he does not pass.
    const file = place.path(basename(argv[0]));
    if (argv.length === 1) copyFileSync(argv[0], file);
    this.build = argv.length === 1 ? { name, argv: [file] } : fastest();
  }

  /** The command, with state where the option says, which is his too. */
  orlop(place: Workplace): Orlop {
    const orlop = new RootlessOrlop(place, this.build, this);
    this.directory(orlop.root);
    return orlop;
  }

  /** The words before a command. */
  get prefix(): string[] {
    return ['setpriv', `--reuid=${UID}`, `--regid=${GID}`, '--clear-groups', '--'];
  }

  get env(): Record<string, string> {
    return { HOME: this.home, XDG_RUNTIME_DIR: this.runtime, XDG_CACHE_HOME: '', USER: NAME };
  }

  directory(path: string, mode = 0o700): string {
    mkdirSync(path, { recursive: true });
    chownSync(path, UID, GID);
    chmodSync(path, mode);
    return path;
  }

  own(bundle: Bundle): Bundle {
    spawnSync('chown', ['-R', `${UID}:${GID}`, bundle.directory]);
    return bundle;
  }

  /** Gives him a name with ranges of ids; undefined where nothing can. */
  static enroll(): { uids: number; gids: number } | undefined {
    OrdinaryUser.expel();
    if (!existsSync('/usr/bin/newuidmap') || spawnSync('useradd', ['--version']).error) return undefined;
    spawnSync('groupadd', ['-g', String(GID), NAME]);
    const added = spawnSync('useradd', ['-M', '-u', String(UID), '-g', String(GID), NAME], { encoding: 'utf8' });
    if (added.status !== 0) throw new Error(`useradd: ${added.stderr}`);
    const first = (file: string): number =>
      Number(new RegExp(`^${NAME}:(\\d+):65536$`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? Number.NaN);
    return { uids: first('/etc/subuid'), gids: first('/etc/subgid') };
  }

  static expel(): void {
    spawnSync('userdel', [NAME]);
    spawnSync('groupdel', [NAME]);
  }
}

class RootlessOrlop extends Orlop {
  private readonly user: OrdinaryUser;

  constructor(place: Workplace, build: Build, user: OrdinaryUser) {
    super(place, build);
    this.user = user;
  }

  override call(args: string[], options: CallOptions = {}): Result {
    const prefix = [...this.user.prefix, ...(options.prefix ?? [])];
    return super.call(args, { ...options, prefix, env: { ...this.user.env, ...options.env } });
  }
}
