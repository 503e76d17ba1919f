namespace TrainMm.Training.Exports;

/// <summary>For whom a run's weights are written.</summary>
public enum ExportTarget
{
    /// <summary>PEFT: the adapter alone, to be put on the language model that it was trained on.</summary>
    Peft,

    /// <summary>The original LLaVA: its projector file, or, with an adapter, the folder of its LoRA stage.</summary>
    Llava,

    /// <summary>Hugging Face's <c>LlavaForConditionalGeneration</c>: the whole model, the adapter merged.</summary>
    Hf,

    /// <summary>The language model alone, the adapter merged, in Hugging Face's layout.</summary>
    Merged,

    /// <summary>Diffusers: a generator that was trained by itself, in its parts' folders.</summary>
    Diffusers,
}
