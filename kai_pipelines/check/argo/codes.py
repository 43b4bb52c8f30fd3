"""The codes of what Argo itself refuses: KAI100 to KAI199, by kind of mistake."""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, tuple[str, str]] = {
    # The object as a whole
    "KAI100": ("unknown-field", "Argo knows no field of this name here."),
    "KAI101": ("wrong-type", "The value has another type than the field."),
    "KAI102": ("malformed-value", "The text or number cannot be what the field holds: a quantity, a time, a number in range."),
    "KAI103": ("nothing-to-lint", "None of the documents is a kind of workflow."),
    "KAI104": ("duplicate-object", "Two objects of one kind have the same name."),
    # Names
    "KAI110": ("missing-name", "A template, parameter, artifact, step, task or container has no name."),
    "KAI111": ("invalid-name", "The name has characters that Argo or Kubernetes refuse."),
    "KAI112": ("duplicate-name", "Another thing in the same list has this name."),
    "KAI113": ("name-too-long", "The name of the object is longer than Kubernetes' labels allow."),
    # Which template
    "KAI115": ("missing-entrypoint", "A workflow must say with which template it begins."),
    "KAI116": ("unknown-entrypoint", "The entrypoint or exit handler names no template."),
    "KAI117": ("unknown-template", "A step or task names no template of this object."),
    "KAI118": ("unknown-template-reference", "The referenced WorkflowTemplate, or the template in it, was not given."),
    "KAI119": ("bad-template-reference", "The step, task or workflow does not say which template it means, or says it twice."),
    # Templates
    "KAI120": ("bad-template-type", "A template must be exactly one of container, script, steps, dag and so on."),
    "KAI121": ("field-not-allowed-here", "Templates of this kind do not take the field."),
    "KAI122": ("missing-image", "A container or script needs an image."),
    "KAI123": ("bad-retry-policy", "The retry policy is none of those that Argo knows."),
    "KAI124": ("bad-time-limit", "The timeout or deadline is not written as Argo reads it."),
    "KAI125": ("bad-resource-template", "The action or manifest of a resource template is wrong or missing."),
    "KAI126": ("mount-collision", "Two volumes or artifacts are mounted at one path."),
    "KAI127": ("reserved-container-name", "Argo's own containers have this name."),
    "KAI128": ("bad-container-set", "The containers of a container set are missing, or no main one takes inputs and outputs."),
    "KAI129": ("bad-pod-resources", "A pod as a whole only takes cpu, memory and hugepages."),
    # Arguments, inputs and outputs
    "KAI131": ("missing-argument", "The template has an input without a default that was not given."),
    "KAI132": ("missing-value", "A parameter or artifact is given without a value or a place."),
    "KAI133": ("bad-value-source", "The valueFrom of this parameter names no source, several, or one that cannot be used here."),
    "KAI134": ("bad-enum", "The value is not among the parameter's choices, or there are no choices."),
    "KAI135": ("bad-artifact-location", "The location of the artifact is incomplete or does not belong here."),
    "KAI136": ("bad-artifact-path", "The artifact's path is missing, or leads out of its folder."),
    # The graph
    "KAI140": ("cycle", "Tasks or containers wait for each other in a circle."),
    "KAI141": ("unknown-dependency", "A task or container waits for one that does not exist."),
    "KAI142": ("depends-with-dependencies", "One DAG uses both `depends` and `dependencies` or `continueOn`."),
    "KAI143": ("digit-first-name", "Tasks that wait for others must not begin with a digit."),
    "KAI144": ("unknown-task-result", "`depends` asks for a result that tasks do not have."),
    "KAI145": ("result-of-no-loop", "AnySucceeded and AllFailed are results of loops only."),
    "KAI146": ("unknown-target", "The DAG's target names no task."),
    "KAI147": ("missing-dependency", "An argument is the output of a task that this one does not wait for."),
    "KAI148": ("bad-loop", "A loop has more than one source, or a sequence both a count and an end."),
    "KAI149": ("empty-dag", "A DAG has no tasks."),
    # Tags
    "KAI151": ("unresolved-tag", "Nothing of this name exists where the {{tag}} stands."),
    "KAI152": ("unclosed-tag", "A {{ has no }}."),
    "KAI153": ("unprintable-value", "A value with control characters cannot take the place of a {{tag}}."),
    # The rest
    "KAI155": ("hook-without-expression", "A hook other than `exit` needs an expression that says when it runs."),
    "KAI156": ("bad-metric", "The metric's name, label, help or value is missing or wrong."),
    "KAI157": ("bad-pod-gc", "The strategy or the label selector of podGC is wrong."),
    "KAI158": ("bad-executor-plugin", "The executor plugin lacks its name, port, resources or security context."),
    "KAI160": ("bad-schedule", "The schedule of a CronWorkflow is missing or not as cron reads it."),
    "KAI161": ("bad-timezone", "There is no time zone of this name."),
    "KAI162": ("bad-cron-setting", "The concurrency policy or starting deadline of a CronWorkflow is wrong."),
}  # fmt: skip
"""Code → (name, what it means)."""
