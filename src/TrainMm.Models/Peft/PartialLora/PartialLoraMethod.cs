using TrainMm.Models.Peft.Lora;

namespace TrainMm.Models.Peft.PartialLora;

/// <summary>
/// Partial LoRA (InternLM-XComposer2, arXiv:2401.16420, section 3.2): the delta acts at media positions alone. In every adapted layer a text position's output is, bit for bit,
/// the frozen model's. Its adapter_config.json says PARTIAL_LORA, which PEFT refuses: as a LoRA it would act everywhere.
/// </summary>
/// <param name="options">What the user wrote.</param>
/// <param name="context">Seed and what the run trains.</param>
/// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint's adapter_config.json cannot be read, or is no partial LoRA.</exception>
public sealed class PartialLoraMethod(LoraOptions options, PeftContext context) : LowRankAdapter(AdapterConfigFile.PartialLora, mediaOnly: true, options, context);
