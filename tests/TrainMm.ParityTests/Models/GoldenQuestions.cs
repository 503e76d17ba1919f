using TrainMm.Core.Roles;
using TrainMm.ParityTests.Golden;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>An encoder–decoder's inputs as a batch has them: question and answer in one row, the answer not shifted.</summary>
internal sealed class GoldenQuestions
{
    private readonly Tensor labels;
    private readonly Tensor rows;
    private readonly Tensor places;

    public GoldenQuestions(GoldenCase golden, GoldenTensors io)
    {
        (Ids, Mask, labels) = (io["in.input_ids"], io["in.attention_mask"], io["in.labels"]);
        var answers = labels.masked_fill(labels.eq(-100), golden.Config.Integer("pad_token_id", 0)).narrow(1, 0, labels.shape[1] - 1);
        rows = cat([Ids, answers], 1);                                                                 // [B, E + A - 1]
        var last = Mask.mul(arange(Length, ScalarType.Int64)).argmax(1).unsqueeze(1);                  // [B, 1], where the question's last token stands
        var others = arange(Length, rows.shape[1], ScalarType.Int64).unsqueeze(0).expand(Ids.shape[0], -1);
        places = cat([last, others], 1);                                                               // [B, A], where each token of the answer is foretold
    }

    /// <summary>[B, E].</summary>
    public Tensor Ids { get; }

    /// <summary>[B, E].</summary>
    public Tensor Mask { get; }

    /// <summary>E.</summary>
    public long Length => Ids.shape[1];

    /// <summary>[B, A, D], from which each token of the answer is foretold.</summary>
    public Tensor Hidden(ILanguageModel model, Action<int, Tensor>? observe = null)
    {
        var attended = cat([Mask.ne(0), ones([Ids.shape[0], rows.shape[1] - Length], ScalarType.Bool)], 1);
        var input = new DecoderInput { AttentionMask = attended, PrefixLengths = Mask.sum(1, type: ScalarType.Int64).sub(1), Observe = observe };
        return AtAnswers(model.Decode(model.Embed(rows), input));
    }

    /// <summary>[B, E + A - 1, D] → [B, A, D].</summary>
    public Tensor AtAnswers(Tensor states) => states.gather(1, places.unsqueeze(2).expand(-1, -1, states.shape[2]));

    /// <summary>Mean cross-entropy; the shift is in the places.</summary>
    public Tensor Loss(ILanguageModel model)
    {
        var logits = model.Logits(Hidden(model));
        return nn.functional.cross_entropy(logits.reshape(-1, logits.shape[2]), labels.reshape(-1), ignore_index: -100);
    }
}
