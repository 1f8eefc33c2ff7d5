import { Report } from '../report';
import { Spec } from '../spec/config';
import { planResources } from './cgroup';
import { planDeviceRules } from './cgroup-devices';
import { Planner } from './planner';
import { Request } from './request';

/**
 * New limits for a container that is there. The request's cgroup facts name the container's own directories in place of
 * the mounts. Device rules are a list as a whole: without one those in force stay.
 */
export function translateUpdate(spec: Spec, request: Request, report: Report): Planner {
  const planner = new Planner(spec, request, report);
  planner.isUpdate = true;
  const linux = spec.linux;
  const resources = linux ? linux.resources : null;
  if (!resources) return planner;
  planResources(planner, resources);
  if (resources.devices) planDeviceRules(planner, resources);
  return planner;
}
