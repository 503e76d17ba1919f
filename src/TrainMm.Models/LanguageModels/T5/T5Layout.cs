using TrainMm.Core.Weights;

namespace TrainMm.Models.LanguageModels.T5;

/// <summary>
/// Where a T5's tensors are found in published checkpoints: its own, and those of BLIP-2s that were made with it. Encoder and decoder have one table, which older files hold three times;
/// the first T5s were saved with position biases of the cross-attention as well, which nothing reads.
/// </summary>
internal static class T5Layout
{
    private const string Table = "shared.";
    private const string EncoderTable = "encoder.embed_tokens.";
    private const string DecoderTable = "decoder.embed_tokens.";
    private const string Head = "lm_head.";

    private static readonly string[] Unread = [".EncDecAttention.relative_attention_bias.weight"];

    /// <summary>The known layouts, in order of preference.</summary>
    /// <param name="tied">Whether the head is the table; a head that such a checkpoint holds all the same is the table once more.</param>
    public static IReadOnlyList<KeyMap> For(bool tied)
    {
        var kept = tied ? null : Head;
        return
        [
            new("T5ForConditionalGeneration", [new(EncoderTable, null), new(DecoderTable, null), new(Head, kept), new("", "")], Unread),
            new("T5ForConditionalGeneration, the table as the encoder's", [new(Table, null), new(DecoderTable, null), new(EncoderTable, Table), new(Head, kept), new("", "")], Unread),
            new("T5ForConditionalGeneration, the table as the decoder's", [new(Table, null), new(EncoderTable, null), new(DecoderTable, Table), new(Head, kept), new("", "")], Unread),
            Within("Blip2ForConditionalGeneration", "language_model.", kept),
            Within("LAVIS Blip2T5", "t5_model.", kept),
        ];
    }

    private static KeyMap Within(string layout, string prefix, string? head) =>
        new(layout, [new(prefix + EncoderTable, null), new(prefix + DecoderTable, null), new(prefix + Head, head), new(prefix, ""), new("", null)], Unread);
}
