import { closeSync, openSync, writeSync } from 'node:fs';
import { OrlopError } from '../error.ts';
import { naming } from '../linux/file-error.ts';

export type Level = 'error' | 'warning' | 'debug';

/**
 * --log and --log-format. A line of JSON is what containerd and Podman parse: they show the msg of the last line whose
 * level is error. Without --log, warnings go to standard error as text, and errors are rendered there (render.ts).
 */
export class Log {
  readonly isFile: boolean;
  private readonly file: string | undefined;
  private readonly isJson: boolean;
  private readonly isDebug: boolean;

  constructor(file: string | undefined, format: string, isDebug: boolean) {
    if (format !== 'text' && format !== 'json') {
      throw new OrlopError('usage/invalid', `--log-format ${format}: not a format`, { hint: 'use text or json' });
    }
    this.file = file;
    this.isFile = file !== undefined;
    this.isJson = format === 'json';
    this.isDebug = isDebug;
  }

  write(level: Level, message: string, fields: Record<string, unknown> = {}): void {
    if (level === 'debug' && !this.isDebug) return;
    const time = new Date().toISOString();
    const line = this.isJson
      ? JSON.stringify({ level, msg: message, time, ...fields })
      : `time="${time}" level=${level} msg=${JSON.stringify(message)}`;
    if (this.file === undefined) {
      writeSync(2, this.isJson ? `${line}\n` : `orlop: ${level}: ${message}\n`);
      return;
    }
    const { file } = this;
    naming(file, '--log', () => {
      const fd = openSync(file, 'a', 0o644);
      try {
        writeSync(fd, `${line}\n`);
      } finally {
        closeSync(fd);
      }
    });
  }
}
