namespace TrainMm.Models.Fusion.VisualExpert;

/// <summary>Soft tokens stand in the text, and every decoder layer has linear layers of its own for them, which start as the language model's.</summary>
public sealed class VisualExpertOptions;
