import { appendPlants } from "./appends.ts";
import { deliveryPlants } from "./deliveries.ts";
import { effectPlants } from "./effects.ts";
import type { Plant } from "./plant.ts";
import { readPlants } from "./reads.ts";

export type { Plant } from "./plant.ts";

/** Every planted defect: a rule of the protocol, switched off. */
export const plants: readonly Plant[] = [...appendPlants, ...deliveryPlants, ...readPlants, ...effectPlants];
