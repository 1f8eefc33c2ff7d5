import type { Plan } from './types.ts';

export function graph(_plan: Plan): string {
  return '<svg xmlns="http://www.w3.org/2000/svg"/>';
}
