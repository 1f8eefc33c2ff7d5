import { Report } from '../report';
import { Spec } from '../spec/config';
import { deviceListOf, planDeviceRules } from './cgroup-devices';
import { planResources } from './cgroup-resources';
import { Planner } from './planner';
import { Request } from './request';
import { planUnitProperties } from './unit';

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
  const list = resources.devices ? deviceListOf(planner, resources) : null;
  if (request.unit != '') planUnitProperties(planner, request.unit, list, resources.node);
  if (list) planDeviceRules(planner, resources, list);
  return planner;
}
