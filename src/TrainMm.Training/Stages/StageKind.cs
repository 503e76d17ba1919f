namespace TrainMm.Training.Stages;

/// <summary>The two stages of training a multimodal LLM (arXiv:2401.13601, section 3).</summary>
public enum StageKind
{
    /// <summary>Multimodal pre-training: the input projectors learn to speak the language model's language; all else is frozen.</summary>
    Pretrain,

    /// <summary>Multimodal instruction tuning: an adapter and the input projectors learn to follow instructions.</summary>
    Sft,
}
