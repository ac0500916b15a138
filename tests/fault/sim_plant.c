/* Faults planted between the engine and the disk, to show that the simulation finds them. */
#include "tests/fault/sim.h"

sl_fs *sim_plant_fs(sim *s) {
  return s->fault;
}
