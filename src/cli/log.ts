import { closeSync, openSync, writeSync } from 'node:fs';
import { OrlopError } from '../error.ts';
import { naming } from '../linux/file-error.ts';
import { printError } from './output.ts';

export type Level = 'error' | 'warning' | 'debug';
type Fields = Readonly<Record<string, unknown>>;

/** Delivers one entry of the journal of systemd: its fields, whose names are in capitals. */
export type Deliver = (entry: Record<string, string>) => void;

/** man 3 syslog */
const PRIORITIES: Readonly<Record<Level, string>> = { error: '3', warning: '4', debug: '7' };

/**
 * --log, --log-format and --systemd-log. A line of JSON is what containerd and Podman parse: they show the msg of the last
 * line whose level is error. Without file and journal, warnings go to standard error as text, and errors are rendered
 * there (render.ts).
 */
export class Log {
  /** The container that the command is about. */
  id: string | undefined;
  deliver: Deliver | undefined;
  private readonly file: string | undefined;
  private readonly isJson: boolean;
  private readonly isDebug: boolean;

  constructor(file?: string, format = 'text', isDebug = false) {
    this.file = file;
    this.isJson = format === 'json';
    this.isDebug = isDebug;
  }

  /** Errors too are to be written, beside what people see of them. */
  isKept(): boolean {
    return this.file !== undefined || this.deliver !== undefined;
  }

  write(level: Level, message: string, fields: Fields = {}): void {
    if (level === 'debug' && !this.isDebug) return;
    if (this.deliver) this.writeJournal(this.deliver, level, message, fields);
    if (this.file !== undefined) append(this.file, this.line(level, message, fields));
    else if (!this.deliver) printError(this.isJson ? this.line(level, message, fields) : plain(level, message));
  }

  private line(level: Level, message: string, fields: Fields): string {
    const time = new Date().toISOString();
    return this.isJson
      ? `${JSON.stringify({ level, msg: message, time, ...fields })}\n`
      : `time="${time}" level=${level} msg=${JSON.stringify(message)}\n`;
  }

  /** A journal that is gone in the middle of a command ends neither the command nor what is to be said. */
  private writeJournal(deliver: Deliver, level: Level, message: string, fields: Fields): void {
    const entry: Record<string, string> = {
      PRIORITY: PRIORITIES[level],
      SYSLOG_IDENTIFIER: 'orlop',
      MESSAGE: message,
      ...(this.id === undefined ? {} : { CONTAINER_ID: this.id }),
    };
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) entry[`ORLOP_${name.toUpperCase()}`] = String(value);
    }
    try {
      deliver(entry);
    } catch (error) {
      if (!(error instanceof OrlopError)) throw error;
      printError(plain('warning', `--systemd-log: ${error.message}`) + plain(level, message));
    }
  }
}

const plain = (level: Level, message: string): string => `orlop: ${level}: ${message}\n`;

function append(file: string, line: string): void {
  naming(file, '--log', () => {
    const fd = openSync(file, 'a', 0o644);
    try {
      writeSync(fd, line);
    } finally {
      closeSync(fd);
    }
  });
}
