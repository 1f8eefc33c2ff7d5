/** Sockets that the caller has opened for a service: man 3 sd_listen_fds. */
export interface Activation {
  /** They are fds 3 and up. */
  count: number;
  /** What tells the container's process of them. */
  environment: string[];
}

/**
 * The variables concern only the process that they name: another one has inherited them by mistake. To the container its
 * own first process is number 1.
 */
export function activationOf(env: Readonly<Record<string, string | undefined>>, pid: number): Activation {
  const { LISTEN_PID, LISTEN_FDS = '', LISTEN_FDNAMES } = env;
  const count = /^\d{1,6}$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : 0;
  if (LISTEN_PID !== String(pid) || count === 0) return { count: 0, environment: [] };
  const environment = [`LISTEN_FDS=${count}`, 'LISTEN_PID=1'];
  if (LISTEN_FDNAMES !== undefined) environment.push(`LISTEN_FDNAMES=${LISTEN_FDNAMES}`);
  return { count, environment };
}
