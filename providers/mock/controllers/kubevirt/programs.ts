import type { Program } from '../kubelet/program.ts';
import { virtApi } from './api/virt-api.ts';
import { virtController } from './controller/controller.ts';
import { virtHandler } from './handler/virt-handler.ts';
import { virtLauncher } from './launcher/virt-launcher.ts';
import { virtOperator } from './operator/operator.ts';
import { newWiring } from './wiring.ts';

/** The programs of KubeVirt's images, by the last part of the image's name. They reach one another by a wiring of their own. */
export function kubevirtPrograms(): Record<string, Program> {
  const wiring = newWiring();
  return {
    'virt-operator': virtOperator(wiring),
    'virt-api': virtApi(wiring),
    'virt-controller': virtController(),
    'virt-handler': virtHandler(wiring),
    'virt-launcher': virtLauncher(wiring),
  };
}
