namespace TrainMm.Data.Text.Tokenizers;

/// <summary>A token that is looked for in the text as it is spelled, before the model sees the rest.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its spelling.</param>
/// <param name="Special">Whether decoding may leave it out.</param>
/// <param name="Normalized">Whether it is looked for in the normalised text rather than in the raw one.</param>
/// <param name="SingleWord">Whether it counts only between characters that are not of a word.</param>
/// <param name="StripLeft">Whether it swallows the white space before it.</param>
/// <param name="StripRight">Whether it swallows the white space after it.</param>
internal sealed record AddedToken(int Id, string Content, bool Special, bool Normalized, bool SingleWord, bool StripLeft, bool StripRight);
