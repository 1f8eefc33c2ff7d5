interface Seen {
  options: string[];
  type: string;
  data: string[];
  /** `shared:N`, `master:N` */
  tags: string[];
}

/** man 5 proc_pid_mountinfo: lines by mount point. */
export function mountsOf(lines: string[]): Map<string, Seen> {
  return new Map(
    lines.map((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const fields = left.split(' ');
      const [type = '', , data = ''] = right.split(' ');
      const entry = { options: (fields[5] ?? '').split(','), type, data: data.split(','), tags: fields.slice(6) };
      return [fields[4] ?? '', entry];
    }),
  );
}
