using TrainMm.Data;
using TrainMm.Models.LanguageModels.Generation;
using TrainMm.Training.Loop;

namespace TrainMm.Training.Evaluation;

/// <summary>Answers of the model to samples of a data set, greedily decoded, with the media to look at.</summary>
/// <param name="answers">Lets the model answer.</param>
/// <param name="data">The data set.</param>
/// <param name="options">How long answers may be.</param>
internal sealed class SampleGenerator(AnswerGenerator answers, OpenDataSet data, GeneratedSamplesOptions options)
{
    /// <summary>Answers the first question of each sample.</summary>
    /// <param name="samples">Indices of the samples.</param>
    /// <param name="split">What to call the samples' split where they do not say it.</param>
    public IReadOnlyList<GeneratedSample> Generate(IReadOnlyList<int> samples, string split)
    {
        if (samples.Count == 0) return [];
        using var prompts = data.Batches.LoadPrompts(samples);
        var texts = answers.Answer(prompts, new GenerationOptions { MaxNewTokens = options.MaxNewTokens });
        return [.. samples.Select((index, i) => Describe(data.Source.Read(index), split, texts[i]))];
    }

    private GeneratedSample Describe(Sample sample, string split, string answer)
    {
        var media = sample.Media.ToArray();
        var question = sample.Turns.Last(turn => turn.Speaker == Speaker.User).Parts.OfType<TextPart>();
        return new GeneratedSample(
            sample.Id,
            sample.Attributes.GetValueOrDefault("split", split),
            string.Concat(question.Select(part => part.Text)).Trim(),
            Retrieval.TextOf(sample).Trim(),
            answer,
            [.. media.Select(medium => DataUri.Of(data.Source.ReadMedium(medium)))],
            [.. media.Select(medium => medium.Path)]);
    }
}
