import { Panel } from "../base/ui/panel.tsx";
import { Inspector } from "../timeline/inspector.tsx";

export function InspectorPanel() {
  return (
    <Panel name="inspector" title="Inspector">
      <Inspector />
    </Panel>
  );
}
