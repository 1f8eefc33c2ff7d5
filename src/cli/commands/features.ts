import { features } from '../../container/features.ts';
import type { Action } from '../command.ts';
import { print } from '../output.ts';

const action: Action = () => {
  print(`${JSON.stringify(features(), null, 2)}\n`);
  return undefined;
};

export default action;
