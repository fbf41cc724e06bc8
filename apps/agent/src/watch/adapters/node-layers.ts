import { LAYER_NAME_LENGTH, MOST_LAYERS } from '#libs/contracts';
import { layerNames } from '#libs/engine';

/** The layers that a node has. Images never change: each is asked for once, and one at a time, for others need the way, too. */
export class NodeLayers {
  /** By the id of the image: the names of its layers, one behind the other. */
  private readonly known = new Map<string, string>();

  /** @param diffIdsOf undefined where the image has gone meanwhile */
  constructor(private readonly diffIdsOf: (id: string) => Promise<readonly string[] | undefined>) {}

  /**
   * The names of the layers of these images, each once, sorted, one behind the other; undefined where there are more than
   * MOST_LAYERS. Throws where an image cannot be asked for; what was found until then is kept.
   */
  async of(imageIds: readonly string[]): Promise<string | undefined> {
    const listed = new Set(imageIds);
    for (const id of this.known.keys()) if (!listed.has(id)) this.known.delete(id);
    const names = new Set<string>();
    for (const id of listed) for (const name of each(await this.namesOf(id))) names.add(name);
    return names.size > MOST_LAYERS ? undefined : [...names].sort().join('');
  }

  private async namesOf(id: string): Promise<string> {
    const known = this.known.get(id);
    if (known !== undefined) return known;
    const diffIds = await this.diffIdsOf(id);
    const names = layerNames(diffIds ?? []).join('');
    if (diffIds !== undefined) this.known.set(id, names);
    return names;
  }
}

const each = (names: string): readonly string[] =>
  names.match(new RegExp(`.{${LAYER_NAME_LENGTH}}`, 'g')) ?? [];
