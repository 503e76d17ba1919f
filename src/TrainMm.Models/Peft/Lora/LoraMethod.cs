namespace TrainMm.Models.Peft.Lora;

/// <summary>
/// LoRA (arXiv:2106.09685): beside a frozen W runs a delta s B A of low rank, alone trained; merged into W it costs nothing. rsLoRA (arXiv:2312.03732) scales by α/√r;
/// DoRA (arXiv:2402.09353) trains the lengths of the rows of W + s B A apart from their directions.
/// </summary>
/// <param name="options">What the user wrote.</param>
/// <param name="context">Seed and what the run trains.</param>
/// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint's adapter_config.json cannot be read, or is no LoRA.</exception>
public sealed class LoraMethod(LoraOptions options, PeftContext context) : LowRankAdapter(AdapterConfigFile.Lora, mediaOnly: false, options, context);
