import { features } from '../../container/features.ts';
import type { Action } from '../command.ts';

const action: Action = () => {
  process.stdout.write(`${JSON.stringify(features(), null, 2)}\n`);
  return undefined;
};

export default action;
