import { Call } from './calls';
import { S_IFREG } from './constants';
import { Context, RecordKind } from './context';
import { Label } from './label';
import { ANY_ERROR, PLACE_INDEX, PLACE_KIND, PLACE_NAME, PLACE_PARENT, PLACE_SIZE, RECORD_SIZE } from './layout';
import { recordMessage } from './rights';

/** What the host says is to be made next; the numbers are those of src/container/places.ts. */
enum Made {
  ALL = 0,
  DIRECTORY = 1,
  FILE = 2,
}

/**
 * A path of the container that cannot be opened after its directories have been made: a part of it is a symbolic link to
 * what is not there, as /etc/resolv.conf often is. What that leads to, rows cannot find out: the host does, and says name
 * by name what to make. `again` is where it is tried again; the host refuses to be asked twice.
 */
export class Place {
  ask: Label = new Label('ask');

  constructor(
    public path: string,
    public isDirectory: bool,
    public again: Label,
    public step: i32,
    public node: i32,
  ) {}
}

/** Behind everything else, for it is hardly ever needed: each question, then what is common to all. */
export function lowerPlaces(context: Context): void {
  const places = context.places;
  if (places.length == 0) return;
  const program = context.program;
  const common = new Label('places');
  const rootRecord = program.area('root', RECORD_SIZE);
  program.put64(rootRecord, 0, RecordKind.ROOT);
  const result = program.field(rootRecord, 16, 'result');
  const root = recordMessage(context, rootRecord, 'root');
  for (let index = 0; index < places.length; index++) {
    const place = places[index];
    program.step = place.step;
    program.node = place.node;
    program.place(place.ask);
    const record = program.area('place', RECORD_SIZE);
    program.put64(record, 0, place.isDirectory ? RecordKind.DIRECTORY : RecordKind.FILE);
    program.put64(record, 8, place.step);
    program.put64(record, 16, index);
    const vector = program.area(`{place, "${place.path}"}`, 32);
    program.put64(vector, 0, record.address);
    program.put64(vector, 8, RECORD_SIZE);
    program.put64(vector, 16, program.text(place.path).value);
    program.put64(vector, 24, String.UTF8.byteLength(place.path));
    program.call(Call.WRITEV, context.socket, program.at(vector), program.number(2));
    program.jump(common);
  }
  program.place(common);
  context.openPlain(program.load(context.root), '.').into(root.fd);
  root.send(context);

  const answer = program.area('answer', PLACE_SIZE);
  const kind = program.field(answer, PLACE_KIND, 'answer.kind');
  const name = program.at(program.field(answer, PLACE_NAME, 'answer.name'));
  const next = new Label('next');
  const file = new Label('file');
  const made = new Label('made');
  const done = new Label('done');
  const gone = new Label('gone');
  program.place(next);
  program.call(Call.READ, context.socket, program.at(answer), program.number(PLACE_SIZE)).into(context.answer);
  program.branch(context.answer, u64.MAX_VALUE, 0, gone);
  program.branch(kind, u64.MAX_VALUE, Made.ALL, done);
  program
    .call(
      Call.OPENAT2,
      program.load(context.root),
      program.at(program.field(answer, PLACE_PARENT, 'answer.parent')),
      context.directoryInRoot,
      program.number(24),
    )
    .into(context.parent)
    .tolerate(ANY_ERROR, next);
  program.branch(kind, u64.MAX_VALUE, Made.FILE, file);
  // The host gets the error along with the question that it will be asked again.
  program.call(Call.MKDIRAT, program.load(context.parent), name, program.mode(0o755)).into(result).tolerate(ANY_ERROR);
  program.jump(made);
  program.place(file);
  program
    .call(Call.MKNODAT, program.load(context.parent), name, program.mode(S_IFREG | 0o644), program.number(0))
    .into(result)
    .tolerate(ANY_ERROR);
  program.place(made);
  context.close(context.parent);
  program.jump(next);
  program.place(done);
  const index = program.field(answer, PLACE_INDEX, 'answer.index');
  for (let place = 0; place < places.length; place++) program.branch(index, u64.MAX_VALUE, place, places[place].again);
  program.place(gone);
  program.call(Call.EXIT_GROUP, program.number(1));
}
