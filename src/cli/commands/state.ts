import { stateOf } from '../../container/state.ts';
import { OrlopError } from '../../error.ts';
import type { Action } from '../command.ts';
import { print } from '../output.ts';

const action: Action = (context, _values, [id = '']) => {
  const state = stateOf(context.root, id);
  if (!state) {
    throw new OrlopError('container/missing', `container "${id}" has no state: create was killed before it wrote one`, {
      hint: `remove what it left with "orlop delete --force ${id}"`,
    });
  }
  print(`${JSON.stringify(state, null, 2)}\n`);
  return 0;
};

export default action;
