{{- define "slipway.apps" -}}
{{ .Files.Get "files/apps.yaml" }}
{{- end }}

{{- define "slipway.name" -}}
{{ printf "%s-%s" .root.Release.Name .app | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "slipway.selector" -}}
app.kubernetes.io/name: {{ .app }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "slipway.labels" -}}
{{ include "slipway.selector" . }}
app.kubernetes.io/part-of: slipway
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- /* Helm reads numbers as floats, and would write 20000000000 as 2e+10. */ -}}
{{- define "slipway.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . }}{{ else }}{{ toString . }}{{ end }}
{{- end }}

{{- /* The environment of an app: what follows from the container, what was set, and what the Secret holds. */ -}}
{{- define "slipway.env" -}}
{{- range $name, $value := .of.fixed }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name := .of.settings }}
{{- if hasKey $.root.Values.settings $name }}
- name: {{ $name }}
  value: {{ include "slipway.text" (get $.root.Values.settings $name) | quote }}
{{- end }}
{{- end }}
{{- range $name := .of.secrets }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $.root.Values.existingSecret }}
      key: {{ $name }}
      optional: true
{{- end }}
{{- end }}
